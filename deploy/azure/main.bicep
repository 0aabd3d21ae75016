// What Contactsheet needs on Azure, keyless: README.md walks through it.
targetScope = 'subscription'

@description('Part of every name: lower-case letters, digits and hyphens.')
@minLength(2)
@maxLength(20)
param environmentName string

@description('Region of everything. Vision offers captions in some regions alone.')
param location string

@description('Who deploys: object id of the person or the service principal. It may then use the cluster, push images and write secrets.')
param principalId string
@allowed(['User', 'Group', 'ServicePrincipal'])
param principalType string = 'User'

@description('Kubernetes of the cluster. Empty: what the region takes by default.')
param kubernetesVersion string = ''
@description('It needs a local disk of 128 GB: the system of a node lies there.')
param nodeSize string = 'Standard_D4ads_v5'
@description('Nodes at least and at most. Three let the control plane of Dapr spread.')
param nodesMin int = 3
param nodesMax int = 5
@description('Zones of the nodes and of zone-redundant storage. Empty where the region has none.')
param zones array = ['1', '2', '3']
@description('CIDR ranges that may reach the API server of the cluster. Empty: everybody who has a token.')
param apiServerIpRanges array = []

@description('What the containers of the database share, in RU/s; Cosmos DB charges between a tenth of it and all of it.')
@minValue(1000)
param databaseMaxThroughput int = 4000
@description('IPv4 addresses from outside that may reach data, such as yours to upload photos; split by commas. Ranges of /31 and /32 are refused.')
param allowedIpAddresses string = ''
@description('Ports 80 and 443 of the nodes for everybody: where an ingress of the cluster is to be reached.')
param openToInternet bool = false

@description('An account that has the photos already. Empty: one is made.')
param photosAccountName string = ''
@description('Its resource group.')
param photosResourceGroup string = ''

@allowed(['F0', 'S1'])
param visionSku string = 'S1'
@description('Events of runs on Service Bus in place of Storage Queues.')
param useServiceBus bool = false
@description('The secrets of the application in a Key Vault in place of Secrets made by hand.')
param useKeyVault bool = false
@description('Private endpoints in place of a firewall that lets the subnet of the nodes in. Service Bus is then of the tier Premium.')
param usePrivateEndpoints bool = false

@description('Monthly amount in the currency of the subscription that a mail warns of. 0: no budget.')
param budgetAmount int = 0
param budgetEmails array = []
@description('Leave it: the first day of the month in which the budget begins.')
param budgetStart string = utcNow('yyyy-MM-01')

var suffix = uniqueString(subscription().id, environmentName, location)
var short = take(replace(environmentName, '-', ''), 8)
var allowedAddresses = empty(allowedIpAddresses) ? [] : split(allowedIpAddresses, ',')
var tags = { 'azd-env-name': environmentName, application: 'contactsheet' }

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module network 'modules/network.bicep' = {
  scope: group
  name: 'network'
  params: {
    name: environmentName
    location: location
    tags: tags
    usePrivateEndpoints: usePrivateEndpoints
    openToInternet: openToInternet
  }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  name: 'monitoring'
  params: { name: environmentName, location: location, tags: tags }
}

module registry 'modules/registry.bicep' = {
  scope: group
  name: 'registry'
  params: {
    name: 'cr${short}${suffix}'
    location: location
    tags: tags
    deployerId: principalId
    deployerType: principalType
  }
}

module cluster 'modules/cluster.bicep' = {
  scope: group
  name: 'cluster'
  params: {
    name: environmentName
    location: location
    tags: tags
    kubernetesVersion: kubernetesVersion
    nodeSize: nodeSize
    nodesMin: nodesMin
    nodesMax: nodesMax
    zones: zones
    apiServerIpRanges: apiServerIpRanges
    vnetName: network.outputs.vnetName
    registryName: registry.outputs.name
    logAnalyticsId: monitoring.outputs.logAnalyticsId
    logsRuleId: monitoring.outputs.logsRuleId
    metricsRuleId: monitoring.outputs.metricsRuleId
    useKeyVault: useKeyVault
    deployerId: principalId
    deployerType: principalType
  }
}

module identity 'modules/identity.bicep' = {
  scope: group
  name: 'identity'
  params: { name: environmentName, location: location, tags: tags, issuer: cluster.outputs.issuer }
}

module cosmos 'modules/cosmos.bicep' = {
  scope: group
  name: 'cosmos'
  params: {
    name: 'cosmos-${short}-${suffix}'
    location: location
    tags: tags
    isZoneRedundant: !empty(zones)
    maxThroughput: databaseMaxThroughput
    subnetId: network.outputs.nodesSubnetId
    allowedIpAddresses: allowedAddresses
    isPrivate: usePrivateEndpoints
    principalId: identity.outputs.principalId
  }
}

module storage 'modules/storage.bicep' = {
  scope: group
  name: 'storage'
  params: {
    name: 'sys${take(short, 7)}${suffix}'
    location: location
    tags: tags
    isZoneRedundant: !empty(zones)
    subnetId: network.outputs.nodesSubnetId
    allowedIpAddresses: allowedAddresses
    isPrivate: usePrivateEndpoints
    principalId: identity.outputs.principalId
  }
}

module photos 'modules/photos.bicep' = if (empty(photosAccountName)) {
  scope: group
  name: 'photos'
  params: {
    name: 'pic${take(short, 7)}${suffix}'
    location: location
    tags: tags
    isZoneRedundant: !empty(zones)
    subnetId: network.outputs.nodesSubnetId
    allowedIpAddresses: allowedAddresses
    isPrivate: usePrivateEndpoints
    deployerId: principalId
    deployerType: principalType
  }
}
var photosName = empty(photosAccountName) ? 'pic${take(short, 7)}${suffix}' : photosAccountName

module photosReader 'modules/photos-reader.bicep' = {
  scope: resourceGroup(empty(photosAccountName) ? group.name : photosResourceGroup)
  name: 'photos-reader'
  params: { accountName: photosName, principalId: identity.outputs.principalId }
  dependsOn: [photos]
}

module vision 'modules/vision.bicep' = {
  scope: group
  name: 'vision'
  params: {
    name: 'vision-${short}-${suffix}'
    location: location
    tags: tags
    skuName: visionSku
    subnetId: network.outputs.nodesSubnetId
    allowedIpAddresses: allowedAddresses
    isPrivate: usePrivateEndpoints
    principalId: identity.outputs.principalId
  }
}

module serviceBus 'modules/service-bus.bicep' = if (useServiceBus) {
  scope: group
  name: 'service-bus'
  params: {
    name: 'sb-${short}-${suffix}'
    location: location
    tags: tags
    isPrivate: usePrivateEndpoints
    principalId: identity.outputs.principalId
  }
}

module keyVault 'modules/key-vault.bicep' = if (useKeyVault) {
  scope: group
  name: 'key-vault'
  params: {
    name: 'kv${take(short, 7)}${suffix}'
    location: location
    tags: tags
    subnetId: network.outputs.nodesSubnetId
    allowedIpAddresses: allowedAddresses
    isPrivate: usePrivateEndpoints
    principalId: identity.outputs.principalId
    deployerId: principalId
    deployerType: principalType
  }
}

module cosmosEndpoint 'modules/private-endpoint.bicep' = if (usePrivateEndpoints) {
  scope: group
  name: 'cosmos-endpoint'
  params: {
    name: 'pe-${environmentName}-cosmos'
    location: location
    tags: tags
    subnetId: network.outputs.endpointsSubnetId
    serviceId: cosmos.outputs.id
    groupId: 'Sql'
    zoneName: 'privatelink.documents.azure.com'
  }
}
module blobEndpoint 'modules/private-endpoint.bicep' = if (usePrivateEndpoints) {
  scope: group
  name: 'blob-endpoint'
  params: {
    name: 'pe-${environmentName}-blob'
    location: location
    tags: tags
    subnetId: network.outputs.endpointsSubnetId
    serviceId: storage.outputs.id
    groupId: 'blob'
    zoneName: 'privatelink.blob.${environment().suffixes.storage}'
  }
}
module queueEndpoint 'modules/private-endpoint.bicep' = if (usePrivateEndpoints) {
  scope: group
  name: 'queue-endpoint'
  params: {
    name: 'pe-${environmentName}-queue'
    location: location
    tags: tags
    subnetId: network.outputs.endpointsSubnetId
    serviceId: storage.outputs.id
    groupId: 'queue'
    zoneName: 'privatelink.queue.${environment().suffixes.storage}'
  }
}
module photosEndpoint 'modules/private-endpoint.bicep' = if (usePrivateEndpoints) {
  scope: group
  name: 'photos-endpoint'
  params: {
    name: 'pe-${environmentName}-photos'
    location: location
    tags: tags
    subnetId: network.outputs.endpointsSubnetId
    serviceId: photosReader.outputs.accountId
    groupId: 'blob'
    zoneName: 'privatelink.blob.${environment().suffixes.storage}'
  }
}
module visionEndpoint 'modules/private-endpoint.bicep' = if (usePrivateEndpoints) {
  scope: group
  name: 'vision-endpoint'
  params: {
    name: 'pe-${environmentName}-vision'
    location: location
    tags: tags
    subnetId: network.outputs.endpointsSubnetId
    serviceId: vision.outputs.id
    groupId: 'account'
    zoneName: 'privatelink.cognitiveservices.azure.com'
  }
}
module serviceBusEndpoint 'modules/private-endpoint.bicep' = if (usePrivateEndpoints && useServiceBus) {
  scope: group
  name: 'service-bus-endpoint'
  params: {
    name: 'pe-${environmentName}-servicebus'
    location: location
    tags: tags
    subnetId: network.outputs.endpointsSubnetId
    serviceId: serviceBus!.outputs.id
    groupId: 'namespace'
    zoneName: 'privatelink.servicebus.windows.net'
  }
}
module keyVaultEndpoint 'modules/private-endpoint.bicep' = if (usePrivateEndpoints && useKeyVault) {
  scope: group
  name: 'key-vault-endpoint'
  params: {
    name: 'pe-${environmentName}-vault'
    location: location
    tags: tags
    subnetId: network.outputs.endpointsSubnetId
    serviceId: keyVault!.outputs.id
    groupId: 'vault'
    zoneName: 'privatelink.vaultcore.azure.net'
  }
}

module budget 'modules/budget.bicep' = if (budgetAmount > 0 && !empty(budgetEmails)) {
  scope: group
  name: 'budget'
  params: { name: environmentName, amount: budgetAmount, emails: budgetEmails, start: budgetStart }
}

// Names as in azure.env of deploy/kubernetes/azure: write-settings.sh copies them.
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_AKS_CLUSTER_NAME string = cluster.outputs.name
output AZURE_CONTAINER_REGISTRY_NAME string = registry.outputs.name
output AZURE_CONTAINER_REGISTRY_ENDPOINT string = registry.outputs.loginServer
output AZURE_CLIENT_ID string = identity.outputs.clientId
output AZURE_TENANT_ID string = tenant().tenantId
output COSMOS_ENDPOINT string = cosmos.outputs.endpoint
output AZURE_BLOB_ACCOUNT_NAME string = storage.outputs.name
output AZURE_STORAGE_BLOB_ENDPOINT string = 'https://${storage.outputs.name}.blob.${environment().suffixes.storage}'
output AZURE_STORAGE_QUEUE_ENDPOINT string = 'https://${storage.outputs.name}.queue.${environment().suffixes.storage}'
output PHOTOS_STORAGE_BLOB_ENDPOINT string = 'https://${photosName}.blob.${environment().suffixes.storage}'
output VISION_ENDPOINT string = 'https://${vision.outputs.name}.cognitiveservices.azure.com'
output SERVICEBUS_NAMESPACE string = useServiceBus ? '${serviceBus!.outputs.name}.servicebus.windows.net' : ''
output KEY_VAULT_NAME string = useKeyVault ? keyVault!.outputs.name : ''
