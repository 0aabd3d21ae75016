// For the option key-vault of deploy/kubernetes: the four secrets of the application. Who deploys writes them.
param name string
param location string
param tags object
param subnetId string
param allowedIpAddresses array
param isPrivate bool
param principalId string
param deployerId string
param deployerType string

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    enablePurgeProtection: true
    softDeleteRetentionInDays: 90
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: {
      defaultAction: 'Deny'
      bypass: 'AzureServices'
      virtualNetworkRules: isPrivate ? [] : [{ id: subnetId }]
      ipRules: [for address in allowedIpAddresses: { value: address }]
    }
  }
}

// Key Vault Secrets User
resource read 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault
  name: guid(vault.id, principalId, 'read')
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '4633458b-17de-408a-b874-0445c86b69e6')
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}
// Key Vault Secrets Officer, for who deploys.
resource write 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault
  name: guid(vault.id, deployerId, 'write')
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7')
    principalId: deployerId
    principalType: deployerType
  }
}

output id string = vault.id
output name string = vault.name
