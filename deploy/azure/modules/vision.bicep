// An identity is taken under a name of the resource's own alone (custom subdomain), never under the region's.
param name string
param location string
param tags object
param skuName string
param subnetId string
param allowedIpAddresses array
param isPrivate bool
param principalId string

resource account 'Microsoft.CognitiveServices/accounts@2025-06-01' = {
  // checkov:skip=CKV_AZURE_134:the firewall lets the subnet of the nodes in alone, and usePrivateEndpoints closes it altogether
  name: name
  location: location
  tags: tags
  kind: 'ComputerVision'
  sku: { name: skuName }
  identity: { type: 'SystemAssigned' }
  properties: {
    customSubDomainName: name
    disableLocalAuth: true
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: {
      defaultAction: 'Deny'
      virtualNetworkRules: isPrivate ? [] : [{ id: subnetId, ignoreMissingVnetServiceEndpoint: false }]
      ipRules: [for address in allowedIpAddresses: { value: address }]
    }
  }
}

// Cognitive Services User
resource call 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: account
  name: guid(account.id, principalId, 'call')
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'a97b65f3-24c7-4388-baec-2e87135dc908')
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

output id string = account.id
output name string = account.name
