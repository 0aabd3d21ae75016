// Images. The nodes pull as the identity of the kubelet (cluster.bicep), and who deploys may push.
param name string
param location string
param tags object
param deployerId string
param deployerType string

resource registry 'Microsoft.ContainerRegistry/registries@2025-11-01' = {
  // checkov:skip=CKV_AZURE_139:az acr build and the nodes reach it by name, and only identities pull; a private one costs the tier Premium
  // checkov:skip=CKV_AZURE_166:quarantine is of the tier Premium
  name: name
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: {
    adminUserEnabled: false
    anonymousPullEnabled: false
  }
}

// AcrPush
resource push 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: registry
  name: guid(registry.id, deployerId, 'push')
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '8311e382-0749-4cb8-b61a-304f252e45ec')
    principalId: deployerId
    principalType: deployerType
  }
}

output name string = registry.name
output loginServer string = registry.properties.loginServer
