package learningfromdeaths;

import io.github.linuxforhealth.hl7.ConverterOptions;
import io.github.linuxforhealth.hl7.HL7ToFHIRConverter;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * Converts messages, one per line of standard input in base64, and answers each with the Bundle in
 * base64; with an empty line where the message is refused.
 */
public final class Convert {
  // Its own default is a zone of eight hours east.
  private static final ConverterOptions OPTIONS =
      new ConverterOptions.Builder().withZoneIdText("Europe/London").build();

  private Convert() {}

  public static void main(String[] args) throws Exception {
    PrintStream answers = System.out;
    System.setOut(System.err); // whatever else writes must not be taken for an answer
    BufferedReader asked =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    HL7ToFHIRConverter converter = new HL7ToFHIRConverter();
    for (String line = asked.readLine(); line != null; line = asked.readLine()) {
      byte[] message = Base64.getDecoder().decode(line);
      answers.println(encoded(converted(converter, new String(message, StandardCharsets.UTF_8))));
      answers.flush();
    }
  }

  private static String converted(HL7ToFHIRConverter converter, String message) {
    try {
      String bundle = converter.convert(message, OPTIONS);
      return bundle == null ? "" : bundle;
    } catch (RuntimeException refused) {
      return "";
    }
  }

  private static String encoded(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
