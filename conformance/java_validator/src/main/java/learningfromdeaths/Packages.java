package learningfromdeaths;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.PrePopulatedValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.SnapshotGeneratingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;

/** FHIR R4 and folders of FHIR packages, as HAPI looks things up in them. */
final class Packages {
  private Packages() {}

  /** Takes folders whose `*.json` files are conformance resources, and single files of that kind. */
  static ValidationSupportChain support(FhirContext context, List<String> folders)
      throws IOException {
    return new ValidationSupportChain(
        new DefaultProfileValidationSupport(context),
        loaded(context, folders),
        new LaterElements(context),
        new CommonCodes(context),
        new InMemoryTerminologyServerValidationSupport(context),
        new SnapshotGeneratingValidationSupport(context));
  }

  private static PrePopulatedValidationSupport loaded(FhirContext context, List<String> folders)
      throws IOException {
    PrePopulatedValidationSupport loaded = new PrePopulatedValidationSupport(context);
    for (String folder : folders) {
      for (Path file : conformanceResources(Path.of(folder))) {
        loaded.addResource(context.newJsonParser().parseResource(Files.readString(file)));
      }
    }
    return loaded;
  }

  private static List<Path> conformanceResources(Path place) throws IOException {
    return Files.isDirectory(place)
        ? files(place, "(StructureDef|ValueSet|CodeSys).*\\.json")
        : List.of(place);
  }

  /** The files of a folder whose names match, in order. */
  static List<Path> files(Path folder, String name) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(f -> f.getFileName().toString().matches(name)).sorted().toList();
    }
  }
}
