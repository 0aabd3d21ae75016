// AKS: tokens of service accounts are taken by Entra ID (issuer, workload identity), policies are enforced (Cilium), nobody
// enters with a certificate (local accounts off).
param name string
param location string
param tags object
param kubernetesVersion string
param nodeSize string
param nodesMin int
param nodesMax int
param zones array
param apiServerIpRanges array
param vnetName string
param registryName string
param logAnalyticsId string
param logsRuleId string
param metricsRuleId string
param useKeyVault bool
param deployerId string
param deployerType string

resource vnet 'Microsoft.Network/virtualNetworks@2025-01-01' existing = {
  name: vnetName
}
resource nodes 'Microsoft.Network/virtualNetworks/subnets@2025-01-01' existing = {
  parent: vnet
  name: 'nodes'
}
resource registry 'Microsoft.ContainerRegistry/registries@2025-11-01' existing = {
  name: registryName
}

resource clusterIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-${name}-cluster'
  location: location
  tags: tags
}
// Network Contributor, on the subnet of the nodes alone.
resource nodesRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: nodes
  name: guid(nodes.id, clusterIdentity.id, 'join')
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '4d97b98b-1d4f-4787-a291-c67834d212e7')
    principalId: clusterIdentity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

resource cluster 'Microsoft.ContainerService/managedClusters@2025-10-01' = {
  // checkov:skip=CKV_AZURE_8:the dashboard is no add-on any more
  // checkov:skip=CKV_AZURE_227:a subscription must be registered for encryption at the host first; no photo lies on a disk of a node
  // checkov:skip=CKV_AZURE_172:rotation is on where the add-on is on
  name: 'aks-${name}'
  location: location
  tags: tags
  sku: { name: 'Base', tier: 'Standard' }
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${clusterIdentity.id}': {} }
  }
  properties: {
    dnsPrefix: name
    kubernetesVersion: empty(kubernetesVersion) ? null : kubernetesVersion
    disableLocalAccounts: true
    enableRBAC: true
    aadProfile: { managed: true, enableAzureRBAC: true }
    oidcIssuerProfile: { enabled: true }
    securityProfile: {
      workloadIdentity: { enabled: true }
      imageCleaner: { enabled: true, intervalHours: 168 }
    }
    apiServerAccessProfile: { authorizedIPRanges: apiServerIpRanges }
    autoUpgradeProfile: { upgradeChannel: 'patch', nodeOSUpgradeChannel: 'NodeImage' }
    networkProfile: {
      networkPlugin: 'azure'
      networkPluginMode: 'overlay'
      networkDataplane: 'cilium'
      networkPolicy: 'cilium'
      loadBalancerSku: 'standard'
      outboundType: 'loadBalancer'
      podCidr: '10.244.0.0/16'
      serviceCidr: '10.41.0.0/16'
      dnsServiceIP: '10.41.0.10'
    }
    agentPoolProfiles: [
      {
        name: 'nodes'
        mode: 'System'
        vmSize: nodeSize
        osType: 'Linux'
        osSKU: 'AzureLinux'
        osDiskType: 'Ephemeral'
        osDiskSizeGB: 128
        count: nodesMin
        minCount: nodesMin
        maxCount: nodesMax
        enableAutoScaling: true
        maxPods: 60
        availabilityZones: zones
        vnetSubnetID: nodes.id
        upgradeSettings: { maxSurge: '33%' }
      }
    ]
    addonProfiles: {
      azurepolicy: { enabled: true }
      azureKeyvaultSecretsProvider: {
        enabled: useKeyVault
        config: { enableSecretRotation: 'true', rotationPollInterval: '2m' }
      }
      omsagent: {
        enabled: true
        config: { logAnalyticsWorkspaceResourceID: logAnalyticsId, useAADAuth: 'true' }
      }
    }
    azureMonitorProfile: { metrics: { enabled: true } }
  }
  dependsOn: [nodesRole]
}

// AcrPull for the kubelet: the only thing that it may do.
resource pull 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: registry
  name: guid(registry.id, cluster.id, 'pull')
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '7f951dda-4ed3-4680-a7ca-43fe172d538d')
    principalId: cluster.properties.identityProfile.kubeletidentity.objectId
    principalType: 'ServicePrincipal'
  }
}
// Azure Kubernetes Service RBAC Cluster Admin, for who deploys.
resource admin 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: cluster
  name: guid(cluster.id, deployerId, 'admin')
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b')
    principalId: deployerId
    principalType: deployerType
  }
}

resource logsRule 'Microsoft.Insights/dataCollectionRuleAssociations@2024-03-11' = {
  scope: cluster
  name: 'logs'
  properties: { dataCollectionRuleId: logsRuleId }
}
resource metricsRule 'Microsoft.Insights/dataCollectionRuleAssociations@2024-03-11' = {
  scope: cluster
  name: 'metrics'
  properties: { dataCollectionRuleId: metricsRuleId }
}
resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: cluster
  name: 'audit'
  properties: {
    workspaceId: logAnalyticsId
    logs: [
      { category: 'kube-audit-admin', enabled: true }
      { category: 'guard', enabled: true }
    ]
  }
}

output name string = cluster.name
output issuer string = cluster.properties.oidcIssuerProfile.issuerURL
