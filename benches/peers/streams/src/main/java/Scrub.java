import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;

/**
 * Kafka Streams as a peer in `make bench-peers`: every e-mail address and IPv4 address, wherever it stands, becomes a keyed
 * hash. It is as fast as we could make it without leaving Kafka Streams: bytes in and out, a search for an @ and for a
 * dot between digits before any regular expression, one Mac a thread, two threads.
 *
 * <p>usage: Scrub BROKERS GROUP INPUT OUTPUT THREADS
 */
public final class Scrub {
    private static final Pattern MAIL = Pattern.compile("[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)+");
    private static final Pattern IP = Pattern.compile("(?<![0-9.])(?:[0-9]{1,3}\\.){3}[0-9]{1,3}(?![0-9.])");
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
        boolean mail = false;
        boolean ip = false;
        for (int i = 1; i < value.length - 1; i++) {
            mail |= value[i] == '@';
            ip |= value[i] == '.' && isDigit(value[i - 1]) && isDigit(value[i + 1]);
        }
        if (!mail && !ip) {
            return value;
        }
        // ISO 8859-1 keeps every byte, and is what the JVM holds in one byte a character.
        String text = new String(value, StandardCharsets.ISO_8859_1);
        if (mail) {
            text = replace(MAIL.matcher(text), text);
        }
        if (ip) {
            text = replace(IP.matcher(text), text);
        }
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String replace(Matcher found, String text) {
        if (!found.find()) {
            return text;
        }
        var out = new StringBuilder(text.length() + 32);
        int from = 0;
        do {
            out.append(text, from, found.start()).append(hash(found.group()));
            from = found.end();
        } while (found.find());
        return out.append(text, from, text.length()).toString();
    }

    private static String hash(String value) {
        byte[] mac = MAC.get().doFinal(value.getBytes(StandardCharsets.ISO_8859_1));
        return HexFormat.of().formatHex(mac, 0, 12);
    }

    private static boolean isDigit(byte b) {
        return b >= '0' && b <= '9';
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
