package learningfromdeaths;

import io.github.linuxforhealth.hl7.HL7ToFHIRConverter;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * Reads messages (base64, one per line, then an empty line), and converts all of them once for each
 * further line. Answers with the nanoseconds of this thread and how many were converted.
 */
public final class Rounds {
    private Rounds() {}

    public static void main(String[] args) throws Exception {
        PrintStream answers = System.out;
        System.setOut(System.err); // whatever else writes must not be taken for an answer
        BufferedReader asked =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        List<String> messages = new ArrayList<>();
        for (String line = asked.readLine(); !line.isEmpty(); line = asked.readLine()) {
            messages.add(new String(Base64.getDecoder().decode(line), StandardCharsets.UTF_8));
        }
        HL7ToFHIRConverter converter = new HL7ToFHIRConverter();
        while (asked.readLine() != null) {
            long started = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
            int converted = convert(converter, messages);
            long ended = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
            answers.println((ended - started) + " " + converted);
            answers.flush();
        }
    }

    private static int convert(HL7ToFHIRConverter converter, List<String> messages) {
        int converted = 0;
        for (String message : messages) {
            try {
                converter.convert(message);
                converted++;
            } catch (RuntimeException refused) {
                // Counted by not being counted.
            }
        }
        return converted;
    }
}
