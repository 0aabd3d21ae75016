// Dapr's own conformance suite for pub/sub components, over the socket that daprd speaks to pluggable components through.
package conformance

import (
	"os"
	"testing"

	suite "github.com/dapr/components-contrib/tests/conformance/pubsub"
	"github.com/dapr/dapr/pkg/components/pubsub"
	"github.com/dapr/kit/logger"
)

func TestDaprPubSubStorageQueues(t *testing.T) {
	properties := map[string]string{
		"connectionString": os.Getenv("CONFORMANCE_STORAGE_CONNECTION_STRING"),
		"consumerID":       "conformance",
	}
	// It keeps no order, as its page says. Several components of the suite are run so: rabbitmq, redis, servicebus.
	options := map[string]any{"checkInOrderProcessing": false}
	config, err := suite.NewTestConfig("storage-queues", nil, options)
	if err != nil {
		t.Fatal(err)
	}
	component := pubsub.NewGRPCPubSub(logger.NewLogger("conformance"), os.Getenv("CONFORMANCE_PUBSUB_SOCKET"))
	suite.ConformanceTests(t, properties, component, config)
}
