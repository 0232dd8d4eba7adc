// The engine of Redpanda Connect (Benthos) as a peer in `make bench-peers`: its stream builder, its Bloblang, its pure
// components, and Kafka by the client that it uses (franz-go). Redpanda Connect's own Kafka components are not under an
// open-source licence as a module, so input and output are written here, as close to the client as can be: batches as
// they were fetched, offsets marked when a batch was delivered, keys, timestamps and partitions kept.
//
// usage: connect BROKERS GROUP INPUT OUTPUT
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/twmb/franz-go/pkg/kgo"
)

// What it does: every e-mail address and IPv4 address, wherever it stands, becomes a keyed hash. Texts without an @, or without a
// member whose name begins with ip, do not meet the regular expression.
const mapping = `
let text = content().string()
let mails = if $text.contains("@") { $text.re_find_all("[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)+") } else { [] }
let ips = if $text.contains("\"ip") { $text.re_find_all("\\b(?:[0-9]{1,3}\\.){3}[0-9]{1,3}\\b") } else { [] }
root = $mails.concat($ips).unique().fold($text, this.tally.replace_all(this.value, this.value.hash("hmac_sha256", "a key that is no secret").encode("hex").slice(0, 24)))
`

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: connect BROKERS GROUP INPUT OUTPUT")
		os.Exit(2)
	}
	// The setting that serves it best (GOGC=400), unless the environment says otherwise.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	brokers, group, input, output := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	env := service.NewEnvironment()
	must(env.RegisterBatchInput("bench", service.NewConfigSpec(), func(*service.ParsedConfig, *service.Resources) (service.BatchInput, error) {
		return &source{brokers: brokers, group: group, topic: input}, nil
	}))
	must(env.RegisterBatchOutput("bench", service.NewConfigSpec(), func(*service.ParsedConfig, *service.Resources) (service.BatchOutput, service.BatchPolicy, int, error) {
		return &sink{brokers: brokers, topic: output}, service.BatchPolicy{}, 64, nil
	}))
	builder := env.NewStreamBuilder()
	builder.SetThreads(2)
	must(builder.SetLoggerYAML("level: WARN"))
	must(builder.AddInputYAML("bench: {}"))
	must(builder.AddProcessorYAML("mapping: |\n" + indent(mapping)))
	must(builder.AddOutputYAML("bench: {}"))
	stream, err := builder.Build()
	must(err)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := stream.Run(ctx); err != nil && !errors.Is(err, context.Canceled) {
		must(err)
	}
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "connect:", err)
		os.Exit(1)
	}
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(text, "\n", "\n  ")
}

type source struct {
	brokers, group, topic string
	client                *kgo.Client
	waiting               [][]*kgo.Record
}

func (s *source) Connect(context.Context) (err error) {
	s.client, err = kgo.NewClient(
		kgo.SeedBrokers(s.brokers), kgo.ConsumerGroup(s.group), kgo.ConsumeTopics(s.topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.Balancers(kgo.RangeBalancer()),
		kgo.AutoCommitMarks(), kgo.AutoCommitInterval(time.Second),
	)
	return err
}

func (s *source) ReadBatch(ctx context.Context) (service.MessageBatch, service.AckFunc, error) {
	for len(s.waiting) == 0 {
		fetches := s.client.PollRecords(ctx, 10000)
		if err := fetches.Err0(); err != nil {
			return nil, nil, err
		}
		fetches.EachPartition(func(p kgo.FetchTopicPartition) {
			if len(p.Records) > 0 {
				s.waiting = append(s.waiting, p.Records)
			}
		})
	}
	records := s.waiting[0]
	s.waiting = s.waiting[1:]
	batch := make(service.MessageBatch, len(records))
	for i, record := range records {
		message := service.NewMessage(record.Value)
		message.MetaSetMut("key", record.Key)
		message.MetaSetMut("partition", int64(record.Partition))
		message.MetaSetMut("timestamp", record.Timestamp.UnixMilli())
		batch[i] = message
	}
	return batch, func(_ context.Context, err error) error {
		if err == nil {
			s.client.MarkCommitRecords(records...)
		}
		return nil
	}, nil
}

func (s *source) Close(context.Context) error {
	s.client.Close()
	return nil
}

type sink struct {
	brokers, topic string
	client         *kgo.Client
}

func (s *sink) Connect(context.Context) (err error) {
	s.client, err = kgo.NewClient(
		kgo.SeedBrokers(s.brokers), kgo.DefaultProduceTopic(s.topic), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerLinger(20*time.Millisecond), kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.MaxBufferedRecords(500000),
	)
	return err
}

func (s *sink) WriteBatch(ctx context.Context, batch service.MessageBatch) error {
	records := make([]*kgo.Record, len(batch))
	for i, message := range batch {
		value, err := message.AsBytes()
		if err != nil {
			return err
		}
		record := &kgo.Record{Value: value}
		if key, ok := message.MetaGetMut("key"); ok {
			record.Key, _ = key.([]byte)
		}
		record.Partition = int32(number(message, "partition"))
		record.Timestamp = time.UnixMilli(number(message, "timestamp"))
		records[i] = record
	}
	return s.client.ProduceSync(ctx, records...).FirstErr()
}

func number(message *service.Message, name string) int64 {
	value, _ := message.MetaGetMut(name)
	return value.(int64)
}

func (s *sink) Close(context.Context) error {
	s.client.Close()
	return nil
}
