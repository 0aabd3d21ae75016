/**
 * What the application's identity needs, and no more. Ids are those of Azure's list of built-in roles; a command takes the id,
 * since names change.
 */
export interface Role {
  readonly name: string;
  readonly id: string;
}

export const ROLES = {
  readBlobs: { name: 'Storage Blob Data Reader', id: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1' },
  writeBlobs: { name: 'Storage Blob Data Contributor', id: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe' },
  queues: { name: 'Storage Queue Data Contributor', id: '974c5e8b-45b9-4653-ba55-5f855dd0fb88' },
  cosmos: { name: 'Cosmos DB Built-in Data Contributor', id: '00000000-0000-0000-0000-000000000002' },
  vision: { name: 'Cognitive Services User', id: 'a97b65f3-24c7-4388-baec-2e87135dc908' },
} as const satisfies Record<string, Role>;

/** What grants a role, and where. */
export interface Grant {
  readonly role: Role;
  /** In words, for a reader. */
  readonly scope: string;
  /** For the Azure CLI, in a shell of POSIX. */
  readonly command: string;
}

/** @param principal object id of the identity, as its token names it */
export function grantOnStorage(role: Role, account: string, container: string | undefined, principal: string): Grant {
  const inside = container === undefined ? '' : `/blobServices/default/containers/${container}`;
  return {
    role,
    scope:
      container === undefined ? `storage account ${account}` : `container ${container} of storage account ${account}`,
    command: assignment(
      role,
      `"$(az storage account show --name ${account} --query id --output tsv)${inside}"`,
      principal,
    ),
  };
}

export function grantOnVision(endpoint: string, principal: string): Grant {
  const { hostname } = new URL(endpoint);
  const query = `[?contains(properties.endpoint, '${hostname}')].id`;
  return {
    role: ROLES.vision,
    scope: `Vision resource at ${hostname}`,
    command: assignment(
      ROLES.vision,
      `"$(az cognitiveservices account list --query "${query}" --output tsv)"`,
      principal,
    ),
  };
}

/** A role of Cosmos DB's own, which `az role assignment` does not know. */
export function grantOnCosmos(endpoint: string, principal: string): Grant {
  const [account = 'ACCOUNT'] = new URL(endpoint).hostname.split('.');
  const place = `--account-name ${account} --resource-group "$(az cosmosdb list --query "[?name=='${account}'].resourceGroup" --output tsv)"`;
  const command = `az cosmosdb sql role assignment create ${place} --role-definition-id ${ROLES.cosmos.id} --principal-id ${principal} --scope "/"`;
  return { role: ROLES.cosmos, scope: `Cosmos DB account ${account}`, command };
}

function assignment({ id }: Role, scope: string, principal: string): string {
  const who = `--assignee-object-id ${principal} --assignee-principal-type ServicePrincipal`;
  return `az role assignment create ${who} --role ${id} --scope ${scope}`;
}
