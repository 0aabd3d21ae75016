// Topics and subscriptions are made here, so that the sidecar may send and receive and nothing more.
param name string
param location string
param tags object
param isPrivate bool
param principalId string

resource bus 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: name
  location: location
  tags: tags
  sku: isPrivate ? { name: 'Premium', tier: 'Premium', capacity: 1 } : { name: 'Standard', tier: 'Standard' }
  identity: { type: 'SystemAssigned' }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
  }
}

resource runs 'Microsoft.ServiceBus/namespaces/topics@2024-01-01' = {
  parent: bus
  name: 'contactsheet.runs'
  properties: { defaultMessageTimeToLive: 'P7D' }
}
resource runsGroup 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2024-01-01' = {
  parent: runs
  name: 'contactsheet'
  properties: { maxDeliveryCount: 10, lockDuration: 'PT1M', deadLetteringOnMessageExpiration: true }
}
resource dead 'Microsoft.ServiceBus/namespaces/topics@2024-01-01' = {
  parent: bus
  name: 'contactsheet.runs.dead'
  properties: { defaultMessageTimeToLive: 'P14D' }
}
resource deadGroup 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2024-01-01' = {
  parent: dead
  name: 'contactsheet'
  properties: { maxDeliveryCount: 10, lockDuration: 'PT1M', deadLetteringOnMessageExpiration: true }
}

// Azure Service Bus Data Sender
resource send 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: bus
  name: guid(bus.id, principalId, 'send')
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39')
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}
// Azure Service Bus Data Receiver
resource receive 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: bus
  name: guid(bus.id, principalId, 'receive')
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0')
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

output id string = bus.id
output name string = bus.name
