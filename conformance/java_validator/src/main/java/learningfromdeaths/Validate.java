package learningfromdeaths;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.SingleValidationMessage;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;

/**
 * Validates FHIR R4 resources, one JSON text per line of standard input, and answers each with a
 * line of issues on standard output, in order. The arguments are folders of FHIR packages. No
 * terminology server is asked.
 */
public final class Validate {
  private static final int THREADS = 2;
  private static final int WAITING_AT_MOST = 64;
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What the validator says of one place in a resource. */
  record Issue(String severity, String location, String id, String text) {}

  private Validate() {}

  /** Takes folders whose `*.json` files are conformance resources. */
  public static void main(String[] folders) throws Exception {
    FhirValidator validator = validator(folders);
    ExecutorService workers = Executors.newFixedThreadPool(THREADS);
    try (BufferedReader in =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        Writer out =
            new BufferedWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8))) {
      validateAll(in, out, validator, workers);
    } finally {
      workers.shutdownNow();
    }
  }

  private static void validateAll(
      BufferedReader in, Writer out, FhirValidator validator, ExecutorService workers)
      throws IOException, InterruptedException, ExecutionException {
    Deque<Future<String>> waiting = new ArrayDeque<>();
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String resource = line;
      waiting.add(workers.submit(() -> validate(validator, resource)));
      if (waiting.size() > WAITING_AT_MOST) {
        write(out, waiting.remove());
      }
    }
    for (Future<String> answer : waiting) {
      write(out, answer);
    }
  }

  private static void write(Writer out, Future<String> answer)
      throws IOException, InterruptedException, ExecutionException {
    out.write(answer.get());
    out.write('\n');
    out.flush();
  }

  private static String validate(FhirValidator validator, String resource) throws IOException {
    List<Issue> issues =
        validator.validateWithResult(resource).getMessages().stream().map(Validate::issue).toList();
    return JSON.writeValueAsString(issues);
  }

  private static Issue issue(SingleValidationMessage message) {
    return new Issue(
        message.getSeverity().getCode(),
        message.getLocationString(),
        message.getMessageId(),
        message.getMessage());
  }

  private static FhirValidator validator(String[] folders) throws IOException {
    FhirContext context = FhirContext.forR4Cached();
    FhirInstanceValidator instances =
        new FhirInstanceValidator(Packages.support(context, List.of(folders)));
    instances.setAnyExtensionsAllowed(false);
    instances.setErrorForUnknownProfiles(true);
    return context.newValidator().registerValidatorModule(instances);
  }
}
