// Results and the state of the engine. Database and containers are made here: roles for data make none. A test holds them
// against src/gateways/cosmos/schema.ts.
param name string
param location string
param tags object
param isZoneRedundant bool
param maxThroughput int
param subnetId string
param allowedIpAddresses array
param isPrivate bool
param principalId string

resource account 'Microsoft.DocumentDB/databaseAccounts@2025-04-15' = {
  // checkov:skip=CKV_AZURE_101:the firewall lets the subnet of the nodes in alone, and usePrivateEndpoints closes it altogether
  name: name
  location: location
  tags: tags
  kind: 'GlobalDocumentDB'
  properties: {
    databaseAccountOfferType: 'Standard'
    locations: [
      { locationName: location, failoverPriority: 0, isZoneRedundant: isZoneRedundant }
    ]
    consistencyPolicy: { defaultConsistencyLevel: 'Session' }
    disableLocalAuth: true
    disableKeyBasedMetadataWriteAccess: true
    minimalTlsVersion: 'Tls12'
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    isVirtualNetworkFilterEnabled: true
    virtualNetworkRules: isPrivate ? [] : [{ id: subnetId, ignoreMissingVNetServiceEndpoint: false }]
    ipRules: [for address in allowedIpAddresses: { ipAddressOrRange: address }]
    backupPolicy: { type: 'Continuous', continuousModeProperties: { tier: 'Continuous7Days' } }
  }
}

resource database 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases@2025-04-15' = {
  parent: account
  name: 'AnalysisResult'
  properties: {
    resource: { id: 'AnalysisResult' }
    options: { autoscaleSettings: { maxThroughput: maxThroughput } }
  }
}

var definitions = [
  {
    id: 'ImageAnalysis'
    partitionKey: { paths: ['/container'], kind: 'Hash', version: 2 }
    indexingPolicy: {
      indexingMode: 'consistent'
      automatic: true
      includedPaths: [
        { path: '/container/?' }
        { path: '/blob/?' }
        { path: '/status/?' }
        { path: '/chunkId/?' }
        { path: '/tagNames/[]/?' }
      ]
      excludedPaths: [{ path: '/*' }]
    }
  }
  {
    id: 'Runs'
    partitionKey: { paths: ['/kind'], kind: 'Hash', version: 2 }
    indexingPolicy: {
      indexingMode: 'consistent'
      automatic: true
      includedPaths: [
        { path: '/kind/?' }
        { path: '/container/?' }
        { path: '/status/?' }
        { path: '/startedAt/?' }
      ]
      excludedPaths: [{ path: '/*' }]
    }
  }
  {
    id: 'AnalysisCache'
    partitionKey: { paths: ['/id'], kind: 'Hash', version: 2 }
    indexingPolicy: {
      indexingMode: 'consistent'
      automatic: true
      includedPaths: [{ path: '/id/?' }]
      excludedPaths: [{ path: '/*' }]
    }
  }
  {
    id: 'Activity'
    partitionKey: { paths: ['/container'], kind: 'Hash', version: 2 }
    indexingPolicy: {
      indexingMode: 'consistent'
      automatic: true
      includedPaths: [
        { path: '/container/?' }
        { path: '/time/?' }
      ]
      excludedPaths: [{ path: '/*' }]
    }
    defaultTtl: -1
  }
  {
    id: 'EngineState'
    partitionKey: { paths: ['/partitionKey'], kind: 'Hash', version: 2 }
    indexingPolicy: {
      indexingMode: 'consistent'
      automatic: true
      includedPaths: [{ path: '/partitionKey/?' }]
      excludedPaths: [{ path: '/*' }]
    }
    defaultTtl: -1
  }
]
resource containers 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2025-04-15' = [for definition in definitions: {
  parent: database
  name: definition.id
  properties: { resource: definition }
}]

// Cosmos DB Built-in Data Contributor
resource data 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2025-04-15' = {
  parent: account
  name: guid(account.id, principalId, 'data')
  properties: {
    roleDefinitionId: '${account.id}/sqlRoleDefinitions/00000000-0000-0000-0000-000000000002'
    principalId: principalId
    scope: account.id
  }
}

output id string = account.id
output endpoint string = account.properties.documentEndpoint
