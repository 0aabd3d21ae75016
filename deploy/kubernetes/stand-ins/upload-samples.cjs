// Puts every file of the image's folder `samples` into the blob container `samples`, under its own path.
const { readdirSync, statSync } = require('node:fs');
const { join, relative } = require('node:path');
// The script lies in a volume of its own; the packages lie in the image.
const { BlobServiceClient } = require('/app/node_modules/@azure/storage-blob');

const FOLDER = '/app/samples/pictures';
const TYPES = { jpg: 'image/jpeg', jpeg: 'image/jpeg', png: 'image/png', gif: 'image/gif', bmp: 'image/bmp' };

async function main() {
  const service = BlobServiceClient.fromConnectionString(process.env.AZURE_STORAGE_CONNECTION_STRING);
  const container = service.getContainerClient('samples');
  await container.createIfNotExists();
  const files = readdirSync(FOLDER, { recursive: true }).map((name) => join(FOLDER, name));
  const pictures = files.filter((file) => statSync(file).isFile() && /\.[a-z]+$/i.test(file));
  for (const file of pictures) {
    const blobContentType = TYPES[file.split('.').pop().toLowerCase()] ?? 'application/octet-stream';
    const blob = container.getBlockBlobClient(relative(FOLDER, file));
    await blob.uploadFile(file, { blobHTTPHeaders: { blobContentType } });
  }
  console.log(`${pictures.length} files are in the container samples.`);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
