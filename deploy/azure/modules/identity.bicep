// Who the pods are. Entra ID takes the tokens of one service account of one cluster for this identity.
param name string
param location string
param tags object
@description('OIDC issuer of the cluster.')
param issuer string

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-${name}'
  location: location
  tags: tags
}

resource federation 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2024-11-30' = {
  parent: identity
  name: 'contactsheet'
  properties: {
    issuer: issuer
    subject: 'system:serviceaccount:contactsheet:contactsheet'
    audiences: ['api://AzureADTokenExchange']
  }
}

output clientId string = identity.properties.clientId
output principalId string = identity.properties.principalId
