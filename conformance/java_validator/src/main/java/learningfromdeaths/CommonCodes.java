package learningfromdeaths;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.ConceptValidationOptions;
import ca.uhn.fhir.context.support.ValidationSupportContext;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.instance.model.api.IBaseResource;

/**
 * The code systems that HAPI knows by heart (languages, countries, units), without its verdict on
 * the list of common languages. FHIR only prefers that list, but HAPI reports every other language,
 * such as Welsh, as an error. The rest of the chain reads the list from its definition; whether a
 * code is a language at all is still answered here, under the list of all languages.
 */
final class CommonCodes extends CommonCodeSystemsTerminologyService {
  CommonCodes(FhirContext context) {
    super(context);
  }

  @Override
  public boolean isValueSetSupported(ValidationSupportContext context, String valueSet) {
    return !LANGUAGES_VALUESET_URL.equals(valueSet) && super.isValueSetSupported(context, valueSet);
  }

  @Override
  public CodeValidationResult validateCodeInValueSet(
      ValidationSupportContext context,
      ConceptValidationOptions options,
      String system,
      String code,
      String display,
      IBaseResource valueSet) {
    return LANGUAGES_VALUESET_URL.equals(getValueSetUrl(getFhirContext(), valueSet))
        ? null
        : super.validateCodeInValueSet(context, options, system, code, display, valueSet);
  }
}
