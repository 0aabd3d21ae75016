// The Go client as people use it: many reads at once, queries, the change feed.
package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/data/azcosmos"
)

const itemCount = 250

type item struct {
	ID     string `json:"id"`
	PK     string `json:"pk"`
	Number int    `json:"number"`
}

func filledContainer(t *testing.T, name string) *azcosmos.ContainerClient {
	t.Helper()
	ctx := context.Background()
	credential, err := azcosmos.NewKeyCredential(os.Getenv("CONFORMANCE_COSMOS_KEY"))
	must(t, err)
	client, err := azcosmos.NewClientWithKey(os.Getenv("CONFORMANCE_COSMOS_URL"), credential, nil)
	must(t, err)
	database, err := client.NewDatabase("conformance")
	must(t, err)
	_, err = database.CreateContainer(ctx, azcosmos.ContainerProperties{
		ID:                     name,
		PartitionKeyDefinition: azcosmos.PartitionKeyDefinition{Paths: []string{"/pk"}, Version: 2},
	}, nil)
	must(t, err)
	container, err := database.NewContainer(name)
	must(t, err)
	for number := range itemCount {
		entry := item{ID: fmt.Sprintf("item-%03d", number), PK: fmt.Sprintf("p%d", number%7), Number: number}
		body, err := json.Marshal(entry)
		must(t, err)
		_, err = container.UpsertItem(ctx, azcosmos.NewPartitionKeyString(entry.PK), body, nil)
		must(t, err)
	}
	return container
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestGoReadManyItems(t *testing.T) {
	container := filledContainer(t, "go-read-many")
	identities := []azcosmos.ItemIdentity{{ID: "item-none", PartitionKey: azcosmos.NewPartitionKeyString("p0")}}
	for number := range itemCount {
		key := azcosmos.NewPartitionKeyString(fmt.Sprintf("p%d", number%7))
		identities = append(identities, azcosmos.ItemIdentity{ID: fmt.Sprintf("item-%03d", number), PartitionKey: key})
	}
	answer, err := container.ReadManyItems(context.Background(), identities, nil)
	must(t, err)
	if len(answer.Items) != itemCount {
		t.Fatalf("%d items of %d", len(answer.Items), itemCount)
	}
}

func TestGoQueries(t *testing.T) {
	container := filledContainer(t, "go-queries")
	for _, partition := range []azcosmos.PartitionKey{azcosmos.NewPartitionKeyString("p3"), azcosmos.NewPartitionKey()} {
		options := &azcosmos.QueryOptions{
			PageSizeHint:    10,
			QueryParameters: []azcosmos.QueryParameter{{Name: "@least", Value: 100}},
		}
		pager := container.NewQueryItemsPager("SELECT * FROM c WHERE c.number >= @least", partition, options)
		found := map[string]bool{}
		for pager.More() {
			page, err := pager.NextPage(context.Background())
			must(t, err)
			for _, body := range page.Items {
				var entry item
				must(t, json.Unmarshal(body, &entry))
				if entry.Number < 100 || found[entry.ID] {
					t.Fatalf("%+v is no part of the answer, or came twice", entry)
				}
				found[entry.ID] = true
			}
		}
		if len(found) != 150 && len(found) != 22 {
			t.Fatalf("%d items", len(found))
		}
	}
}

func TestGoChangeFeed(t *testing.T) {
	container := filledContainer(t, "go-change-feed")
	ctx := context.Background()
	ranges, err := container.ReadFeedRanges(ctx, nil)
	must(t, err)
	if len(ranges) != 1 {
		t.Fatalf("%d feed ranges", len(ranges))
	}
	seen := 0
	var continuation *string
	for range 100 {
		answer, err := container.ReadChangeFeed(ctx, &azcosmos.ChangeFeedOptions{
			FeedRange: &ranges[0], MaxItemCount: 40, Continuation: continuation,
		})
		must(t, err)
		if len(answer.Items) == 0 {
			break
		}
		seen += len(answer.Items)
		token := answer.ContinuationToken
		continuation = &token
	}
	if seen != itemCount {
		t.Fatalf("%d changes of %d", seen, itemCount)
	}
}

func TestGoBatch(t *testing.T) {
	container := filledContainer(t, "go-batch")
	batch := container.NewTransactionalBatch(azcosmos.NewPartitionKeyString("b"))
	for number := range 100 {
		batch.UpsertItem([]byte(fmt.Sprintf(`{"id":"b-%d","pk":"b"}`, number)), nil)
	}
	answer, err := container.ExecuteTransactionalBatch(context.Background(), batch, nil)
	must(t, err)
	if !answer.Success || len(answer.OperationResults) != 100 {
		t.Fatalf("%+v", answer)
	}
}
