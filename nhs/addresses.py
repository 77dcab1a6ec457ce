"""Addresses of identifier and code systems that others own, and of the UK Core artefacts we use.

Sources: FHIR R4 UK Core (fhir.hl7.org.uk), NHS England identifier systems (fhir.nhs.uk),
HL7 Terminology (terminology.hl7.org).
"""

from __future__ import annotations

NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number"
ODS_ORGANISATION = "https://fhir.nhs.uk/Id/ods-organization-code"
ODS_SITE = "https://fhir.nhs.uk/Id/ods-site-code"
GMC_NUMBER = "https://fhir.hl7.org.uk/Id/gmc-number"
GMP_NUMBER = "https://fhir.hl7.org.uk/Id/gmp-number"
SPINE_ERROR = "https://fhir.nhs.uk/R4/CodeSystem/Spine-ErrorOrWarningCode"

UK_CORE = "https://fhir.hl7.org.uk"
UK_CORE_CODE_SYSTEM = f"{UK_CORE}/CodeSystem/"
UK_CORE_PROFILE = f"{UK_CORE}/StructureDefinition/UKCore-"
UK_CORE_EXTENSION = f"{UK_CORE}/StructureDefinition/Extension-UKCore-"

DISCHARGE_METHOD = f"{UK_CORE_CODE_SYSTEM}UKCore-DischargeMethodEngland"
DISCHARGE_DESTINATION = f"{UK_CORE_CODE_SYSTEM}UKCore-DischargeDestinationEngland"
ADMISSION_METHOD = f"{UK_CORE_CODE_SYSTEM}UKCore-AdmissionMethodEngland"
MAIN_SPECIALTY = f"{UK_CORE_CODE_SYSTEM}UKCore-PracticeSettingCodeEngland"
DEATH_NOTIFICATION_STATUS = f"{UK_CORE_CODE_SYSTEM}UKCore-DeathNotificationStatus"

EXTENSION_DEATH_NOTIFICATION_STATUS = f"{UK_CORE_EXTENSION}DeathNotificationStatus"
EXTENSION_DISCHARGE_METHOD = f"{UK_CORE_EXTENSION}DischargeMethod"
EXTENSION_ADMISSION_METHOD = f"{UK_CORE_EXTENSION}AdmissionMethod"
EXTENSION_ETHNIC_CATEGORY = f"{UK_CORE_EXTENSION}EthnicCategory"
EXTENSION_NHS_NUMBER_VERIFICATION_STATUS = f"{UK_CORE_EXTENSION}NHSNumberVerificationStatus"
EXTENSION_LEGAL_STATUS = f"{UK_CORE_EXTENSION}LegalStatus"

FHIR_STRUCTURE = "http://hl7.org/fhir/StructureDefinition/"
EXTENSION_FLAG_DETAIL = f"{FHIR_STRUCTURE}flag-detail"
EXTENSION_VALUE_SET_REFERENCE = f"{FHIR_STRUCTURE}valueset-reference"
EXTENSION_DATA_ABSENT_REASON = f"{FHIR_STRUCTURE}data-absent-reason"
FURTHER_EXTENSIONS = {
    "BirthPlace": f"{FHIR_STRUCTURE}patient-birthPlace",
    "BirthTime": f"{FHIR_STRUCTURE}patient-birthTime",
    "Citizenship": f"{FHIR_STRUCTURE}patient-citizenship",
    "Congregation": f"{FHIR_STRUCTURE}patient-congregation",
    "Disability": f"{FHIR_STRUCTURE}patient-disability",
    "EventLocation": f"{FHIR_STRUCTURE}event-location",
    "ModeOfArrival": f"{FHIR_STRUCTURE}encounter-modeOfArrival",
    "MothersMaidenName": f"{FHIR_STRUCTURE}patient-mothersMaidenName",
    "Nationality": f"{FHIR_STRUCTURE}patient-nationality",
    "Religion": f"{FHIR_STRUCTURE}patient-religion",
    "AssertedDate": f"{FHIR_STRUCTURE}condition-assertedDate",
    "code": "code",  # a part of citizenship and nationality
}
"""Extensions of FHIR R4 that rows of mappings/ name by the last part of their address."""

TERMINOLOGY = "http://terminology.hl7.org/CodeSystem/"
V2_EVENT = f"{TERMINOLOGY}v2-0003"
V2_IDENTIFIER_TYPE = f"{TERMINOLOGY}v2-0203"
ENCOUNTER_CLASS = f"{TERMINOLOGY}v3-ActCode"
NULL_FLAVOR = f"{TERMINOLOGY}v3-NullFlavor"
PARTICIPATION_TYPE = f"{TERMINOLOGY}v3-ParticipationType"
FLAG_CATEGORY = f"{TERMINOLOGY}flag-category"
CONDITION_CATEGORY = f"{TERMINOLOGY}condition-category"
CONDITION_CLINICAL_STATUS = f"{TERMINOLOGY}condition-clinical"
CONDITION_VERIFICATION_STATUS = f"{TERMINOLOGY}condition-ver-status"

ICD10 = "http://hl7.org/fhir/sid/icd-10"
SNOMED_CT = "http://snomed.info/sct"
