/**
 * What a token must be for. Source: "Azure services that support Microsoft Entra authentication". Cosmos DB is missing: its
 * client asks for a token for the very account.
 */
export const STORAGE_SCOPE = 'https://storage.azure.com/.default';

/** Each cloud has its own: a token of one opens nothing in another. */
export function visionScope(endpoint: string): string {
  const { hostname } = new URL(endpoint);
  const cloud = /\.(?:cognitiveservices\.)?azure\.(us|cn)$/.exec(hostname)?.[1] ?? 'com';
  return `https://cognitiveservices.azure.${cloud}/.default`;
}
