package learningfromdeaths;

import ca.uhn.hl7v2.DefaultHapiContext;
import ca.uhn.hl7v2.HapiContext;
import ca.uhn.hl7v2.app.Connection;
import ca.uhn.hl7v2.app.Initiator;
import ca.uhn.hl7v2.model.Message;
import ca.uhn.hl7v2.parser.Parser;
import ca.uhn.hl7v2.util.Terser;
import ca.uhn.hl7v2.validation.impl.ValidationContextFactory;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Sends the messages of an assignment (a file of JSON: host, port, messages) over one connection, and
 * prints what HAPI reads in each answer, a line of JSON each.
 */
public final class Send {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int PATIENCE_SECONDS = 60;

  private Send() {}

  public static void main(String[] arguments) throws Exception {
    JsonNode given = JSON.readTree(Path.of(arguments[0]).toFile());
    try (HapiContext context = new DefaultHapiContext()) {
      context.setValidationContext(ValidationContextFactory.noValidation());
      Connection connection =
          context.newClient(given.get("host").asText(), given.get("port").asInt(), false);
      Initiator initiator = connection.getInitiator();
      initiator.setTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS);
      Parser parser = context.getPipeParser();
      for (JsonNode message : given.get("messages")) {
        print(initiator.sendAndReceive(parser.parse(message.asText())));
      }
      connection.close();
    }
  }

  private static void print(Message answer) throws Exception {
    Terser read = new Terser(answer);
    System.out.println(
        JSON.writeValueAsString(
            Map.of("code", read.get("/MSA-1"), "control_id", read.get("/MSA-2"))));
  }
}
