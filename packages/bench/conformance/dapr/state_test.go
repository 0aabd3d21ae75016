// Dapr's own conformance suite for two state stores, as its repository runs it: same operations, same options.
package conformance

import (
	"os"
	"testing"

	"github.com/dapr/components-contrib/state"
	"github.com/dapr/components-contrib/state/azure/blobstorage/v1"
	"github.com/dapr/components-contrib/state/azure/cosmosdb"
	suite "github.com/dapr/components-contrib/tests/conformance/state"
	"github.com/dapr/kit/logger"
)

// Operations as in tests/config/state/tests.yml of components-contrib.
func run(t *testing.T, component string, store state.Store, operations []string, properties map[string]string) {
	config, err := suite.NewTestConfig(component, operations, map[string]any{})
	if err != nil {
		t.Fatal(err)
	}
	suite.ConformanceTests(t, properties, store, config)
}

func TestDaprStateCosmos(t *testing.T) {
	properties := map[string]string{
		"url":        os.Getenv("CONFORMANCE_COSMOS_URL"),
		"masterKey":  os.Getenv("CONFORMANCE_COSMOS_KEY"),
		"database":   "conformance",
		"collection": "dapr-state",
	}
	operations := []string{"transaction", "etag", "first-write", "query", "ttl"}
	run(t, "azure.cosmosdb", cosmosdb.NewCosmosDBStateStore(logger.NewLogger("conformance")), operations, properties)
}

func TestDaprStateBlobs(t *testing.T) {
	properties := map[string]string{
		"accountName":   os.Getenv("CONFORMANCE_STORAGE_ACCOUNT"),
		"accountKey":    os.Getenv("CONFORMANCE_STORAGE_KEY"),
		"endpoint":      os.Getenv("CONFORMANCE_STORAGE_URL"),
		"containerName": "conformance",
	}
	operations := []string{"etag", "first-write"}
	run(t, "azure.blobstorage.v1", blobstorage.NewAzureBlobStorageStore(logger.NewLogger("conformance")), operations, properties)
}
