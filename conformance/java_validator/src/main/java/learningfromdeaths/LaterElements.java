package learningfromdeaths;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.IValidationSupport;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * The elements of R5's SubscriptionTopic that R4 says in extensions (the Backport guide), by type:
 * HL7's validator asks for such a list of each release, which HAPI does not bring along.
 */
final class LaterElements implements IValidationSupport {
  private final FhirContext context;

  LaterElements(FhirContext context) {
    this.context = context;
  }

  @Override
  public FhirContext getFhirContext() {
    return context;
  }

  @Override
  public byte[] fetchBinary(String key) {
    try (InputStream list = LaterElements.class.getResourceAsStream("/" + key)) {
      return key.startsWith("xver-paths-") && list != null ? list.readAllBytes() : null;
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
