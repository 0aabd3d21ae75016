// One network: a subnet of the nodes, whose addresses the firewalls of the services know, and one for private endpoints.
param name string
param location string
param tags object
param usePrivateEndpoints bool
param openToInternet bool

// AKS opens the group of the network interfaces for a load balancer by itself, but not this one of the subnet.
resource nodesRules 'Microsoft.Network/networkSecurityGroups@2025-01-01' = {
  // checkov:skip=CKV_AZURE_160:only with openToInternet, for redirects to https and for certificates
  name: 'nsg-${name}-nodes'
  location: location
  tags: tags
  properties: {
    securityRules: openToInternet ? [
      {
        name: 'web'
        properties: {
          access: 'Allow'
          direction: 'Inbound'
          priority: 100
          protocol: 'Tcp'
          sourceAddressPrefix: 'Internet'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRanges: ['80', '443']
        }
      }
    ] : []
  }
}
resource endpointsRules 'Microsoft.Network/networkSecurityGroups@2025-01-01' = {
  name: 'nsg-${name}-endpoints'
  location: location
  tags: tags
}

resource vnet 'Microsoft.Network/virtualNetworks@2025-01-01' = {
  name: 'vnet-${name}'
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: ['10.40.0.0/16'] }
    subnets: [
      {
        name: 'nodes'
        properties: {
          addressPrefix: '10.40.0.0/22'
          networkSecurityGroup: { id: nodesRules.id }
          serviceEndpoints: [
            { service: 'Microsoft.Storage' }
            { service: 'Microsoft.AzureCosmosDB' }
            { service: 'Microsoft.CognitiveServices' }
            { service: 'Microsoft.KeyVault' }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: '10.40.8.0/24'
          networkSecurityGroup: { id: endpointsRules.id }
          privateEndpointNetworkPolicies: 'Enabled'
        }
      }
    ]
  }
}

var zoneNames = [
  'privatelink.documents.azure.com'
  'privatelink.blob.${environment().suffixes.storage}'
  'privatelink.queue.${environment().suffixes.storage}'
  'privatelink.cognitiveservices.azure.com'
  'privatelink.vaultcore.azure.net'
  'privatelink.servicebus.windows.net'
]
resource dnsZones 'Microsoft.Network/privateDnsZones@2024-06-01' = [for zone in zoneNames: if (usePrivateEndpoints) {
  name: zone
  location: 'global'
  tags: tags
}]
resource dnsLinks 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [for (zone, i) in zoneNames: if (usePrivateEndpoints) {
  parent: dnsZones[i]
  name: name
  location: 'global'
  tags: tags
  properties: {
    registrationEnabled: false
    virtualNetwork: { id: vnet.id }
  }
}]

output vnetName string = vnet.name
output nodesSubnetId string = vnet.properties.subnets[0].id
output endpointsSubnetId string = vnet.properties.subnets[1].id
