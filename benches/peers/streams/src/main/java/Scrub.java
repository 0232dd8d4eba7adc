import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Properties;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;

/**
 * Kafka Streams as a peer in `make bench-peers`: every e-mail address and IPv4 address, wherever it stands, becomes a keyed
 * hash. It is as fast as we could make it without leaving Kafka Streams: bytes in and out, a search outward from every @ and
 * from every dot between digits in place of regular expressions, one Mac a thread, two threads.
 *
 * <p>usage: Scrub BROKERS GROUP INPUT OUTPUT THREADS
 */
public final class Scrub {
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    private static final boolean[] LOCAL = table("._%+-");
    private static final boolean[] DOMAIN = table(".-");
    private static final ThreadLocal<Mac> MAC = ThreadLocal.withInitial(Scrub::mac);

    public static void main(String[] args) {
        if (args.length != 5) {
            System.err.println("usage: Scrub BROKERS GROUP INPUT OUTPUT THREADS");
            System.exit(2);
        }
        var config = new Properties();
        config.put("bootstrap.servers", args[0]);
        config.put("application.id", args[1]);
        config.put("num.stream.threads", args[4]);
        config.put("auto.offset.reset", "earliest");
        config.put("state.dir", System.getProperty("java.io.tmpdir") + "/" + args[1]);
        config.put("producer.linger.ms", "20");
        config.put("producer.batch.size", "262144");
        config.put("consumer.max.poll.records", "5000");
        config.put("consumer.fetch.max.bytes", "52428800");
        config.put("consumer.max.partition.fetch.bytes", "4194304");
        config.put("statestore.cache.max.bytes", "0");
        config.put("commit.interval.ms", "1000");
        config.put("metrics.recording.level", "INFO");

        var builder = new StreamsBuilder();
        builder.stream(args[2], Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()))
            .mapValues(Scrub::scrub)
            .to(args[3], Produced.with(Serdes.ByteArray(), Serdes.ByteArray()));
        var streams = new KafkaStreams(builder.build(), config);
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            return org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        streams.start();
    }

    static byte[] scrub(byte[] value) {
        ByteArrayOutputStream out = null;
        int copied = 0;
        for (int i = 1; i < value.length - 1; i++) {
            int start;
            int end;
            if (value[i] == '@') {
                start = mailStart(value, copied, i);
                end = start < i ? mailEnd(value, i) : -1;
            } else if (value[i] == '.' && isDigit(value[i - 1]) && isDigit(value[i + 1])) {
                start = digitsStart(value, copied, i);
                end = ipEnd(value, start);
            } else {
                continue;
            }
            if (end < 0) {
                continue;
            }
            if (out == null) {
                out = new ByteArrayOutputStream(value.length + 64);
            }
            out.write(value, copied, start - copied);
            hash(value, start, end, out);
            copied = end;
            i = end;
        }
        if (out == null) {
            return value;
        }
        out.write(value, copied, value.length - copied);
        return out.toByteArray();
    }

    /** Where the local part before the sign at {@code at} begins. */
    private static int mailStart(byte[] value, int from, int at) {
        int start = at;
        while (start > from && LOCAL[value[start - 1] & 0xff]) {
            start--;
        }
        return start;
    }

    /** One past the domain behind the sign at {@code at}, or -1: it has no dot. */
    private static int mailEnd(byte[] value, int at) {
        int end = at + 1;
        int dot = -1;
        while (end < value.length && DOMAIN[value[end] & 0xff]) {
            if (value[end] == '.' && end > at + 1 && end + 1 < value.length && isWord(value[end + 1])) {
                dot = end;
            } else if (value[end] == '.') {
                break;
            }
            end++;
        }
        return dot > 0 ? end : -1;
    }

    private static int digitsStart(byte[] value, int from, int at) {
        int start = at;
        while (start > from && isDigit(value[start - 1])) {
            start--;
        }
        return start;
    }

    /** One past four numbers of one to three digits with dots between them, or -1. */
    private static int ipEnd(byte[] value, int start) {
        if (start > 0 && value[start - 1] == '.') {
            return -1;
        }
        int at = start;
        for (int part = 0; part < 4; part++) {
            int digits = 0;
            while (at < value.length && isDigit(value[at])) {
                at++;
                digits++;
            }
            if (digits == 0 || digits > 3) {
                return -1;
            }
            boolean dot = at < value.length && value[at] == '.';
            if (part < 3 && !dot || part == 3 && dot && at + 1 < value.length && isDigit(value[at + 1])) {
                return -1;
            }
            at += part < 3 ? 1 : 0;
        }
        return at;
    }

    private static void hash(byte[] value, int start, int end, ByteArrayOutputStream out) {
        Mac mac = MAC.get();
        mac.update(value, start, end - start);
        byte[] sum = mac.doFinal();
        for (int i = 0; i < 12; i++) {
            out.write(HEX[sum[i] >> 4 & 15]);
            out.write(HEX[sum[i] & 15]);
        }
    }

    private static boolean isWord(byte b) {
        return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || isDigit(b) || b == '-';
    }

    private static boolean isDigit(byte b) {
        return b >= '0' && b <= '9';
    }

    /** Letters, digits and these signs. */
    private static boolean[] table(String signs) {
        boolean[] table = new boolean[256];
        for (int b = 0; b < 128; b++) {
            table[b] = isWord((byte) b) && b != '-' || signs.indexOf(b) >= 0;
        }
        return table;
    }

    private static Mac mac() {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec("a key that is no secret".getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            return mac;
        } catch (java.security.GeneralSecurityException error) {
            throw new IllegalStateException(error);
        }
    }
}
