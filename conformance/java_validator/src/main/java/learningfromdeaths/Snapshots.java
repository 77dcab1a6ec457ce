package learningfromdeaths;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.ValidationSupportContext;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.r4.model.StructureDefinition;

/**
 * Prints the profiles of the first folder with their snapshots, one JSON text per line. All folders
 * are FHIR packages.
 */
public final class Snapshots {
  private Snapshots() {}

  /** Takes our folder, and the folders that it stands on. */
  public static void main(String[] folders) throws Exception {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    System.setOut(System.err); // whatever else writes must not be taken for a profile
    FhirContext context = FhirContext.forR4Cached();
    ValidationSupportChain support = Packages.support(context, List.of(folders));
    ValidationSupportContext asking = new ValidationSupportContext(support);
    for (Path file : Packages.files(Path.of(folders[0]), "StructureDefinition-.*\\.json")) {
      StructureDefinition profile =
          context
              .newJsonParser()
              .parseResource(StructureDefinition.class, Files.readString(file));
      var made = support.generateSnapshot(asking, profile, profile.getUrl(), null, profile.getName());
      out.println(context.newJsonParser().encodeResourceToString(made));
    }
  }
}
