import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Hears billing's facts from Kafka, and keeps what each customer owes.
 *
 * <p>java Subscriber BOOTSTRAP GROUP BOOKS.json [TOPIC] [--once]
 *
 * <p>java Subscriber --begin-anew BOOKS.json empties the books, to be told all anew.
 */
public final class Subscriber {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** How far a stream was heard. */
    public record Mark(int era, long sequence, String id) {}

    /** What a customer owes, and how many facts said so. */
    public record Account(String open, String unapplied, long facts) {}

    /** A fact that waits for one before it. */
    public record Waiting(int era, String id, String data) {}

    /** All that is kept. It is written as one file here; a real subscriber has it in its database, in one transaction. */
    public static final class Books {
        public Map<String, Mark> heard = new TreeMap<>();
        public Map<String, TreeMap<Long, Waiting>> waiting = new TreeMap<>();
        public Map<String, Account> accounts = new TreeMap<>();
        public Map<Integer, TreeSet<Integer>> told = new TreeMap<>();
        public TreeSet<String> doubted = new TreeSet<>();
        public int leastEra; // what is told of earlier ones is no more
        public int refusedEra; // the least one, once these books are begun anew
    }

    /** The owner was restored from a backup, and its history is another than the one heard: begin anew. */
    private static final class NewEra extends RuntimeException {
        private static final long serialVersionUID = 1;
        private final int era; // the first that may tell the history that lives

        private NewEra(String said, int era) {
            super(said + ": begin anew");
            this.era = era;
        }
    }

    private final Path file;
    private final Books books;

    private Subscriber(Path file) throws IOException {
        this.file = file;
        this.books = kept(file);
    }

    private static Books kept(Path file) throws IOException {
        return Files.exists(file) ? JSON.readValue(file.toFile(), Books.class) : new Books();
    }

    /** Keeps which era was refused, and nothing else of its batch. */
    private static void refuse(Path file, int era) throws IOException {
        Books books = kept(file);
        books.refusedEra = era;
        keep(file, books);
    }

    /** Before the first fact: the owner tells in this era by now, and what is told of earlier ones is no more. */
    private void join(KafkaConsumer<String, byte[]> looking, String topic) {
        List<TopicPartition> parts =
                looking.partitionsFor(topic).stream().map(part -> new TopicPartition(topic, part.partition())).toList();
        for (Map.Entry<TopicPartition, Long> end : looking.endOffsets(parts).entrySet()) {
            if (end.getValue() > 0) {
                looking.assign(List.of(end.getKey()));
                looking.seek(end.getKey(), end.getValue() - 1);
                ConsumerRecords<String, byte[]> last = ConsumerRecords.empty();
                while (last.isEmpty()) {
                    last = looking.poll(Duration.ofSeconds(1));
                }
                for (ConsumerRecord<String, byte[]> record : last) {
                    books.leastEra = Math.max(books.leastEra, Integer.parseInt(header(record, "ce_era")));
                }
            }
        }
    }

    /** After NewEra: forget all but which era was refused, for what is told of earlier ones is no more. */
    private static void beginAnew(Path file) throws IOException {
        Books old = kept(file);
        Books books = new Books();
        books.leastEra = Math.max(old.leastEra, old.refusedEra);
        keep(file, books);
    }

    /** Applies each fact once and in the order of its stream. */
    private void hear(ConsumerRecord<String, byte[]> record) throws IOException {
        int era = Integer.parseInt(header(record, "ce_era"));
        if (era < books.leastEra) {
            return;
        }
        if (header(record, "ce_type").endsWith(".EraTold.v1")) {
            noteTold(JSON.readTree(record.value()));
            return;
        }
        String stream = record.key();
        long sequence = Long.parseLong(header(record, "ce_sequence"));
        Mark known = books.heard.get(stream);
        Mark mark = known == null ? new Mark(era, 0, "") : known;
        if (era < mark.era()) {
            return; // of before the restore
        }
        if (known != null && (sequence == mark.sequence() || era > mark.era() && sequence > mark.sequence())) {
            compare(stream, mark, new Mark(era, sequence, header(record, "ce_id")));
        } else if (era > mark.era()) {
            books.doubted.add(stream);
        }
        if (sequence <= mark.sequence()) {
            return; // it came again
        }
        TreeMap<Long, Waiting> waiting = books.waiting.computeIfAbsent(stream, name -> new TreeMap<>());
        waiting.values().removeIf(earlier -> earlier.era() < era);
        waiting.putIfAbsent(
                sequence, new Waiting(era, header(record, "ce_id"), new String(record.value(), StandardCharsets.UTF_8)));
        drain(stream, mark.sequence());
    }

    /** Reading goes on where the last fact heard comes again under its id: in the same era, or in a new one. */
    private void compare(String stream, Mark heard, Mark again) {
        if (again.sequence() != heard.sequence() || !again.id().equals(heard.id())) {
            // of two stories in one era neither lives: the owner has to begin another
            throw new NewEra(
                    stream + ": era " + again.era() + " does not go on from " + heard,
                    again.era() > heard.era() ? again.era() : again.era() + 1);
        }
        if (again.era() > heard.era()) {
            books.waiting.remove(stream);
            books.heard.put(stream, again);
        }
        books.doubted.remove(stream);
    }

    /** One partition has all that an era begins with. With the last one, no stream may be left in an earlier era. */
    private void noteTold(JsonNode said) {
        int era = said.get("era").asInt();
        TreeSet<Integer> parts = books.told.computeIfAbsent(era, number -> new TreeSet<>());
        parts.add(said.get("part").asInt());
        if (parts.size() < said.get("parts").asInt()) {
            return;
        }
        books.heard.forEach((stream, mark) -> {
            if (mark.era() < era) {
                throw new NewEra(stream + ": all was told again, and " + mark + " was not", era);
            }
        });
    }

    /** Applies what waits, as long as nothing is missing before it. */
    private void drain(String stream, long heard) throws IOException {
        TreeMap<Long, Waiting> waiting = books.waiting.get(stream);
        for (Waiting fact = waiting.remove(heard + 1); fact != null; fact = waiting.remove(heard + 1)) {
            apply(JSON.readTree(fact.data()));
            heard++;
            books.heard.put(stream, new Mark(fact.era(), heard, fact.id()));
        }
        if (waiting.isEmpty()) {
            books.waiting.remove(stream);
        } else {
            System.out.println("HOLE " + stream + ": " + (heard + 1) + " is missing");
        }
    }

    /** Every money fact says what the account is right after it. What carries no account is passed over. */
    private void apply(JsonNode fact) {
        JsonNode account = fact.get("account");
        if (account == null) {
            return;
        }
        JsonNode open = account.get("open");
        String key = fact.get("customer_id").asText() + " " + open.get("currency").asText();
        long facts = books.accounts.getOrDefault(key, new Account("", "", 0)).facts();
        books.accounts.put(key, new Account(
                open.get("amount").asText(), account.get("unapplied").get("amount").asText(), facts + 1));
    }

    /** All of a batch or nothing of it. */
    private static void keep(Path file, Books books) throws IOException {
        Path next = file.resolveSibling(file.getFileName() + ".next");
        JSON.writerWithDefaultPrettyPrinter().writeValue(next.toFile(), books);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static String header(ConsumerRecord<String, byte[]> record, String name) {
        Header found = record.headers().lastHeader(name);
        if (found == null) {
            throw new IllegalStateException(record.topic() + "@" + record.offset() + " has no header " + name);
        }
        return new String(found.value(), StandardCharsets.UTF_8);
    }

    public static void main(String[] arguments) throws IOException {
        if (arguments[0].equals("--begin-anew")) {
            beginAnew(Path.of(arguments[1]));
            return;
        }
        try {
            read(arguments);
        } catch (NewEra other) {
            refuse(Path.of(arguments[2]), other.era);
            throw other;
        }
    }

    private static void read(String[] arguments) throws IOException {
        boolean once = List.of(arguments).contains("--once");
        String topic = arguments.length > 3 ? arguments[3] : "dunlin-billing";
        Subscriber subscriber = new Subscriber(Path.of(arguments[2]));
        if (subscriber.books.heard.isEmpty()) {
            try (KafkaConsumer<String, byte[]> looking = new KafkaConsumer<>(
                    Map.of("bootstrap.servers", arguments[0]), new StringDeserializer(), new ByteArrayDeserializer())) {
                subscriber.join(looking, topic);
            }
        }
        Map<String, Object> settings = Map.of(
                "bootstrap.servers", arguments[0],
                "group.id", arguments[1],
                "group.instance.id", "one", // back within the session timeout, it has its partitions again at once
                "enable.auto.commit", false, // else records count as read before they were applied
                "auto.offset.reset", "earliest"); // a new group begins with the first fact
        try (KafkaConsumer<String, byte[]> consumer =
                new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(List.of(topic));
            for (int idle = 0; idle < 3 || !once; ) {
                ConsumerRecords<String, byte[]> batch = consumer.poll(Duration.ofSeconds(1));
                idle = batch.isEmpty() && !consumer.assignment().isEmpty() ? idle + 1 : 0;
                for (ConsumerRecord<String, byte[]> record : batch) {
                    subscriber.hear(record);
                }
                if (!batch.isEmpty()) {
                    subscriber.books.doubted.forEach(
                            stream -> System.out.println("ERA " + stream + ": its last fact has not come again"));
                    keep(subscriber.file, subscriber.books);
                    try {
                        consumer.commitSync();
                    } catch (CommitFailedException | RebalanceInProgressException moved) {
                        System.out.println("The partitions went to another member, which reads these records again.");
                    }
                }
            }
        }
    }
}
