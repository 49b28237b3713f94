/*  The table of services: that it is whole (the standard's names, counted), that its columns agree
    with each other, and that what it says looks right to people: error texts and lines for logs.
    The codec has its own tests in test_service_codec.c. */
#include "wire/services.h"
#include "tests/support/check.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/*  The names of HLA 4's Federate Protocol (IEEE 1516.1-2025), in its order. */
static const char *const request_names[] = {
    "connect connectWithCredentials connectWithConfiguration",
    "connectWithConfigurationAndCredentials disconnect createFederationExecution",
    "createFederationExecutionWithTime createFederationExecutionWithModules",
    "createFederationExecutionWithModulesAndTime createFederationExecutionWithMIM",
    "createFederationExecutionWithMIMAndTime destroyFederationExecution",
    "listFederationExecutions listFederationExecutionMembers joinFederationExecution",
    "joinFederationExecutionWithModules joinFederationExecutionWithName",
    "joinFederationExecutionWithNameAndModules resignFederationExecution",
    "registerFederationSynchronizationPoint registerFederationSynchronizationPointWithSet",
    "synchronizationPointAchieved requestFederationSave requestFederationSaveWithTime",
    "federateSaveBegun federateSaveComplete federateSaveNotComplete abortFederationSave",
    "queryFederationSaveStatus requestFederationRestore federateRestoreComplete",
    "federateRestoreNotComplete abortFederationRestore queryFederationRestoreStatus",
    "publishObjectClassAttributes unpublishObjectClass unpublishObjectClassAttributes",
    "publishInteractionClass unpublishInteractionClass publishObjectClassDirectedInteractions",
    "unpublishObjectClassDirectedInteractions unpublishObjectClassDirectedInteractionsWithSet",
    "subscribeObjectClassAttributes subscribeObjectClassAttributesWithRate",
    "subscribeObjectClassAttributesPassively subscribeObjectClassAttributesPassivelyWithRate",
    "unsubscribeObjectClass unsubscribeObjectClassAttributes subscribeInteractionClass",
    "subscribeInteractionClassPassively unsubscribeInteractionClass",
    "subscribeObjectClassDirectedInteractions",
    "subscribeObjectClassDirectedInteractionsUniversally",
    "unsubscribeObjectClassDirectedInteractions",
    "unsubscribeObjectClassDirectedInteractionsWithSet reserveObjectInstanceName",
    "releaseObjectInstanceName reserveMultipleObjectInstanceNames",
    "releaseMultipleObjectInstanceNames registerObjectInstance registerObjectInstanceWithName",
    "updateAttributeValues updateAttributeValuesWithTime sendInteraction",
    "sendInteractionWithTime sendDirectedInteraction sendDirectedInteractionWithTime",
    "deleteObjectInstance deleteObjectInstanceWithTime localDeleteObjectInstance",
    "requestInstanceAttributeValueUpdate requestClassAttributeValueUpdate",
    "requestAttributeTransportationTypeChange changeDefaultAttributeTransportationType",
    "queryAttributeTransportationType requestInteractionTransportationTypeChange",
    "queryInteractionTransportationType unconditionalAttributeOwnershipDivestiture",
    "negotiatedAttributeOwnershipDivestiture confirmDivestiture attributeOwnershipAcquisition",
    "attributeOwnershipAcquisitionIfAvailable attributeOwnershipReleaseDenied",
    "attributeOwnershipDivestitureIfWanted cancelNegotiatedAttributeOwnershipDivestiture",
    "cancelAttributeOwnershipAcquisition queryAttributeOwnership isAttributeOwnedByFederate",
    "enableTimeRegulation disableTimeRegulation enableTimeConstrained disableTimeConstrained",
    "timeAdvanceRequest timeAdvanceRequestAvailable nextMessageRequest",
    "nextMessageRequestAvailable flushQueueRequest enableAsynchronousDelivery",
    "disableAsynchronousDelivery queryGALT queryLogicalTime queryLITS modifyLookahead",
    "queryLookahead retract changeAttributeOrderType changeDefaultAttributeOrderType",
    "changeInteractionOrderType createRegion commitRegionModifications deleteRegion",
    "registerObjectInstanceWithRegions registerObjectInstanceWithNameAndRegions",
    "associateRegionsForUpdates unassociateRegionsForUpdates",
    "subscribeObjectClassAttributesWithRegions subscribeObjectClassAttributesWithRegionsAndRate",
    "unsubscribeObjectClassAttributesWithRegions subscribeInteractionClassWithRegions",
    "unsubscribeInteractionClassWithRegions sendInteractionWithRegions",
    "sendInteractionWithRegionsAndTime requestAttributeValueUpdateWithRegions getFederateHandle",
    "getFederateName getObjectClassHandle getObjectClassName getKnownObjectClassHandle",
    "getObjectInstanceHandle getObjectInstanceName getAttributeHandle getAttributeName",
    "getUpdateRateValue getUpdateRateValueForAttribute getInteractionClassHandle",
    "getInteractionClassName getParameterHandle getParameterName getOrderType getOrderName",
    "getTransportationTypeHandle getTransportationTypeName getAvailableDimensionsForObjectClass",
    "getAvailableDimensionsForInteractionClass getDimensionHandle getDimensionName",
    "getDimensionUpperBound getDimensionHandleSet getRangeBounds setRangeBounds",
    "normalizeServiceGroup normalizeFederateHandle normalizeObjectClassHandle",
    "normalizeInteractionClassHandle normalizeObjectInstanceHandle",
    "getObjectClassRelevanceAdvisorySwitch setObjectClassRelevanceAdvisorySwitch",
    "getAttributeRelevanceAdvisorySwitch setAttributeRelevanceAdvisorySwitch",
    "getAttributeScopeAdvisorySwitch setAttributeScopeAdvisorySwitch",
    "getInteractionRelevanceAdvisorySwitch setInteractionRelevanceAdvisorySwitch",
    "getConveyRegionDesignatorSetsSwitch setConveyRegionDesignatorSetsSwitch",
    "getAutomaticResignDirective setAutomaticResignDirective getServiceReportingSwitch",
    "setServiceReportingSwitch getExceptionReportingSwitch setExceptionReportingSwitch",
    "getSendServiceReportsToFileSwitch setSendServiceReportsToFileSwitch getAutoProvideSwitch",
    "getDelaySubscriptionEvaluationSwitch getAdvisoriesUseKnownClassSwitch",
    "getAllowRelaxedDDMSwitch getNonRegulatedGrantSwitch",

};
static const char *const callback_names[] = {
    "connectionLost reportFederationExecutions reportFederationExecutionMembers",
    "reportFederationExecutionDoesNotExist federateResigned",
    "synchronizationPointRegistrationSucceeded synchronizationPointRegistrationFailed",
    "announceSynchronizationPoint federationSynchronized initiateFederateSave",
    "initiateFederateSaveWithTime federationSaved federationNotSaved",
    "federationSaveStatusResponse requestFederationRestoreSucceeded",
    "requestFederationRestoreFailed federationRestoreBegun initiateFederateRestore",
    "federationRestored federationNotRestored federationRestoreStatusResponse",
    "startRegistrationForObjectClass stopRegistrationForObjectClass turnInteractionsOn",
    "turnInteractionsOff objectInstanceNameReservationSucceeded",
    "objectInstanceNameReservationFailed multipleObjectInstanceNameReservationSucceeded",
    "multipleObjectInstanceNameReservationFailed discoverObjectInstance reflectAttributeValues",
    "reflectAttributeValuesWithTime receiveInteraction receiveInteractionWithTime",
    "receiveDirectedInteraction receiveDirectedInteractionWithTime removeObjectInstance",
    "removeObjectInstanceWithTime attributesInScope attributesOutOfScope",
    "provideAttributeValueUpdate turnUpdatesOnForObjectInstance",
    "turnUpdatesOnForObjectInstanceWithRate turnUpdatesOffForObjectInstance",
    "confirmAttributeTransportationTypeChange reportAttributeTransportationType",
    "confirmInteractionTransportationTypeChange reportInteractionTransportationType",
    "requestAttributeOwnershipAssumption requestDivestitureConfirmation",
    "attributeOwnershipAcquisitionNotification attributeOwnershipUnavailable",
    "requestAttributeOwnershipRelease confirmAttributeOwnershipAcquisitionCancellation",
    "informAttributeOwnership attributeIsNotOwned attributeIsOwnedByRTI timeRegulationEnabled",
    "timeConstrainedEnabled flushQueueGrant timeAdvanceGrant requestRetraction",

};

enum { REQUESTS = 178, CALLBACKS = 62, NAME_SIZE_MAX = 64 };

/*  Looks up each word of a line; gives their number. */
static size_t names_check (const char *names, wire_direction_t direction)
{
    size_t count = 0;
    for (size_t length; (length = strcspn (names, " ")) > 0; count++) {
        const wire_service_row_t *row = wire_service_find (names, length);
        if (CHECK (row != NULL))
            CHECK_INT (row->direction, direction);
        else
            fprintf (stderr, "no row for %.*s\n", (int) length, names);
        names += length + (names[length] == ' ');
    }
    return count;
}

static size_t rows_of (wire_direction_t direction)
{
    size_t count = 0;
    for (size_t i = 0; i < wire_service_count (); i++)
        count += wire_service_at (i)->direction == direction;
    return count;
}

static void test_complete (void)
{
    size_t requests = 0, callbacks = 0;
    for (size_t i = 0; i < sizeof request_names / sizeof request_names[0]; i++)
        requests += names_check (request_names[i], WIRE_REQUEST);
    for (size_t i = 0; i < sizeof callback_names / sizeof callback_names[0]; i++)
        callbacks += names_check (callback_names[i], WIRE_CALLBACK);
    CHECK_INT (requests, REQUESTS);
    CHECK_INT (callbacks, CALLBACKS);
    CHECK_INT (rows_of (WIRE_REQUEST), REQUESTS);
    CHECK_INT (rows_of (WIRE_CALLBACK), CALLBACKS);
    CHECK (wire_service_find ("publishObjectClass", 18) == NULL);
    CHECK (wire_service_find ("", 0) == NULL);
}

static void test_unique (void)
{
    for (size_t i = 0; i < wire_service_count (); i++) {
        const wire_service_row_t *row = wire_service_at (i);
        CHECK (wire_service_row (row->number) == row);
        CHECK (wire_service_find (row->name, strlen (row->name)) == row);
    }
}

static void test_unknown_number (void)
{
    CHECK (wire_service_row (0) == NULL);
    CHECK (wire_service_row (0x03f) == NULL);
    CHECK (wire_service_row (WIRE_LAST_RECORD) == NULL);
    CHECK (wire_service_row (WIRE_LAST_RECORD + 1) == NULL);
    CHECK (wire_service_row (UINT16_MAX) == NULL);
}

/*  A group's requests, and its callbacks, stand in its own block of numbers. */
static void test_blocks (void)
{
    for (size_t i = 0; i < wire_service_count (); i++) {
        const wire_service_row_t *row = wire_service_at (i);
        if (row->direction == WIRE_RECORD) {
            CHECK_INT (row->group, WIRE_GROUP_MUSTER);
            continue;
        }
        unsigned block = (row->number % WIRE_FIRST_CALLBACK) / 64;
        CHECK (row->group == block ||
               (row->group == WIRE_GROUP_SUPPORT && block == row->group + 1));
    }
}

/*  The three spellings of a name in a row are one name: queryGALT, query_galt, QUERY_GALT. */
static void spelling_check (const char *id, const char *capitals, const char *name)
{
    char plain[NAME_SIZE_MAX] = "";
    size_t length = 0;
    CHECK_INT (strlen (id), strlen (capitals));
    for (size_t i = 0; id[i] && length + 1 < sizeof plain; i++) {
        CHECK_INT (capitals[i], toupper ((unsigned char) id[i]));
        if (id[i] != '_')
            plain[length++] = id[i];
    }
    CHECK_INT (length, strlen (name));
    for (size_t i = 0; i < length; i++)
        CHECK_INT (tolower ((unsigned char) name[i]), plain[i]);
}

static void test_spelling (void)
{
#define SERVICE(number, id, ID, name, ...) spelling_check (#id, #ID, name);
#include "wire/services.def"
}

/*  The clause of each request and callback is one of its group's chapter. */
static void test_clauses (void)
{
    for (size_t i = 0; i < wire_service_count (); i++) {
        const wire_service_row_t *row = wire_service_at (i);
        char chapter[16];
        if (row->direction == WIRE_RECORD)
            continue;
        CHECK_OR_RETURN (row->clause != NULL);
        (void) snprintf (chapter, sizeof chapter, "%u.", (unsigned) row->group + 4);
        CHECK (strncmp (row->clause, chapter, strlen (chapter)) == 0);
    }
}

static void test_groups (void)
{
    CHECK_TEXT (wire_service_group_name (WIRE_GROUP_FEDERATION), "FEDERATION_MANAGEMENT");
    CHECK_TEXT (wire_service_group_name (WIRE_GROUP_SUPPORT), "SUPPORT_SERVICES");
    CHECK_TEXT (wire_service_group_name (WIRE_GROUP_MUSTER), "MUSTER");
}

/*  Types -------------------------------------------------------------------------------------- */

static void type_check (const wire_type_t *type)
{
    size_t size_bytes = 0;

    CHECK (type->size_bytes > 0 && type->size_bytes % 8 == 0);
    CHECK (type->name != NULL && type->expected != NULL);
    CHECK_INT (type->item != NULL, type->shape == WIRE_SHAPE_LIST || type->shape == WIRE_SHAPE_MAP);
    CHECK_INT (type->word_count > 0, type->shape == WIRE_SHAPE_ENUMERATION);
    if (type->item)
        type_check (type->item);
    if (type->shape == WIRE_SHAPE_MAP)
        CHECK_INT (type->item->field_count, 2);
    for (size_t i = 0; i < type->field_count; i++) {
        type_check (type->fields[i].type);
        size_bytes += type->fields[i].type->size_bytes;
    }
    if (type->field_count > 0)
        CHECK_INT (size_bytes, type->size_bytes);
}

/*  What is optional can be absent; and its name is spelled as the standard does it. */
static void field_check (const wire_field_t *field)
{
    uint64_t space[8] = { 0 };
    char name[NAME_SIZE_MAX];

    CHECK (strlen (field->name) < 48);
    wire_field_name (field, name, sizeof name);
    CHECK (strchr (name, '_') == NULL && islower ((unsigned char) name[0]));
    if (field->optional) {
        CHECK_OR_RETURN (field->type->size_bytes <= sizeof space);
        wire_value_set_absent (field->type, space);
        CHECK (wire_value_absent (field->type, space));
    }
}

static void test_types (void)
{
    for (size_t i = 0; i < wire_service_count (); i++) {
        const wire_type_t *records[] = { &wire_service_at (i)->args, &wire_service_at (i)->result };
        for (size_t j = 0; j < 2; j++) {
            type_check (records[j]);
            for (size_t k = 0; k < records[j]->field_count; k++)
                field_check (&records[j]->fields[k]);
        }
    }
}

static void test_absent (void)
{
    wire_time_t time = 0;
    wire_handles_t handles = { (const wire_handle_t[]){ 1 }, 1 };

    CHECK (!wire_value_absent (&wire_type_time, &time));
    wire_value_set_absent (&wire_type_time, &time);
    CHECK (time == WIRE_TIME_NONE);
    CHECK (!wire_value_absent (&wire_type_handles, &handles));
    wire_value_set_absent (&wire_type_handles, &handles);
    CHECK (handles.items == NULL && handles.count == 0);
}

static void test_field_name_cut (void)
{
    const wire_field_t field = { "logical_time_implementation_name", &wire_type_text, false };
    char name[12];
    wire_field_name (&field, name, sizeof name);
    CHECK_TEXT (name, "logicalTime");
    wire_field_name (&field, name, 1);
    CHECK_TEXT (name, "");
}

/*  The standard's numbers of its enumerations. */
static void test_enumerations (void)
{
    CHECK_INT (WIRE_RESIGN_UNCONDITIONALLY_DIVEST_ATTRIBUTES, 0);
    CHECK_INT (WIRE_RESIGN_CANCEL_THEN_DELETE_THEN_DIVEST, 4);
    CHECK_INT (WIRE_RESIGN_NO_ACTION, 5);
    CHECK_INT (WIRE_ORDER_RECEIVE, 0);
    CHECK_INT (WIRE_ORDER_TIMESTAMP, 1);
    CHECK_INT (WIRE_GROUP_FEDERATION, 0);
    CHECK_INT (WIRE_GROUP_SUPPORT, 6);
    CHECK_INT (wire_type_service_group.word_count, 7);
    CHECK_INT (wire_type_resign_action.word_count, 6);
    CHECK_INT (wire_type_sync_failure.word_count, 2);
    CHECK_INT (wire_type_save_failure.word_count, 6);
    CHECK_INT (wire_type_restore_failure.word_count, 5);
    CHECK_INT (WIRE_SAVE_STATUS_WAITING, 3);
    CHECK_INT (WIRE_RESTORE_STATUS_WAITING, 5);
    CHECK_INT (WIRE_SETTINGS_APPLIED, 2);
    CHECK_INT (WIRE_MODULE_URL, 2);
}

/*  Exceptions --------------------------------------------------------------------------------- */

static void test_exception_names (void)
{
    CHECK (wire_exception_name (0) == NULL);
    CHECK (wire_exception_name (100000) == NULL);
    CHECK_TEXT (wire_exception_name (WIRE_EXCEPTION_FEDERATE_NOT_EXECUTION_MEMBER),
                "FederateNotExecutionMember");
    CHECK_INT (wire_exception_find ("RTIinternalError", 16), WIRE_EXCEPTION_RTI_INTERNAL_ERROR);
    CHECK_INT (wire_exception_find ("RTIinternal", 11), WIRE_EXCEPTION_NONE);
    for (unsigned i = 1; wire_exception_name (i); i++)
        CHECK_INT (wire_exception_find (wire_exception_name (i), strlen (wire_exception_name (i))),
                   i);
}

/*  An exception that no service raises has no reason to be in the list. */
static void test_exceptions_used (void)
{
    for (unsigned e = 1; wire_exception_name (e); e++) {
        bool used = false;
        for (size_t i = 0; i < wire_service_count () && !used; i++)
            used = wire_service_raises (wire_service_at (i), (wire_exception_t) e);
        CHECK (used);
    }
}

static void test_exceptions_of_a_row (void)
{
    const wire_service_row_t *publish =
        wire_service_row (WIRE_SERVICE_PUBLISH_OBJECT_CLASS_ATTRIBUTES);
    const wire_service_row_t *connect = wire_service_row (WIRE_SERVICE_CONNECT);

    CHECK (wire_service_raises (publish, WIRE_EXCEPTION_OBJECT_CLASS_NOT_DEFINED));
    CHECK (wire_service_raises (publish, WIRE_EXCEPTION_SAVE_IN_PROGRESS));
    CHECK (wire_service_raises (publish, WIRE_EXCEPTION_NOT_CONNECTED));
    CHECK (!wire_service_raises (publish, WIRE_EXCEPTION_ALREADY_CONNECTED));
    CHECK (wire_service_raises (connect, WIRE_EXCEPTION_ALREADY_CONNECTED));
    CHECK (!wire_service_raises (connect, WIRE_EXCEPTION_NOT_CONNECTED));
}

/*  Every callback fails in one way only; every request can fail inside the RTI. */
static void test_exceptions_common (void)
{
    for (size_t i = 0; i < wire_service_count (); i++) {
        const wire_service_row_t *row = wire_service_at (i);
        bool callback = row->direction == WIRE_CALLBACK;
        CHECK_INT (wire_service_raises (row, WIRE_EXCEPTION_FEDERATE_INTERNAL_ERROR), callback);
        CHECK_INT (wire_service_raises (row, WIRE_EXCEPTION_RTI_INTERNAL_ERROR), !callback);
        if (callback)
            CHECK_INT (row->result.field_count, 0);
    }
}

/*  Lines for people --------------------------------------------------------------------------- */

static void line_check (uint16_t service, const void *args, const char *expected)
{
    base_buffer_t line;
    base_buffer_init (&line);
    if (CHECK_OK (wire_service_to_text (service, args, &line))) {
        CHECK_TEXT ((const char *) line.data, expected);
        CHECK_INT (line.size_bytes, strlen (expected));
    }
    base_buffer_fini (&line);
}

static void test_line_simple (void)
{
    const wire_publish_object_class_attributes_t publish = {
        .object_class = 3, .attributes = { (const wire_handle_t[]){ 1, 2 }, 2 }
    };
    const wire_enable_time_constrained_t nothing = { 0 };
    const wire_resign_federation_execution_t resign = { WIRE_RESIGN_DELETE_OBJECTS };
    const wire_resign_federation_execution_t wrong = { 77 };

    line_check (WIRE_SERVICE_PUBLISH_OBJECT_CLASS_ATTRIBUTES, &publish,
                "publishObjectClassAttributes (objectClass=3, attributes={1,2})");
    line_check (WIRE_SERVICE_ENABLE_TIME_CONSTRAINED, &nothing, "enableTimeConstrained ()");
    line_check (WIRE_SERVICE_RESIGN_FEDERATION_EXECUTION, &resign,
                "resignFederationExecution (resignAction=DELETE_OBJECTS)");
    line_check (WIRE_SERVICE_RESIGN_FEDERATION_EXECUTION, &wrong,
                "resignFederationExecution (resignAction=77)");
}

static void test_line_values (void)
{
    static const uint8_t zeros[20];
    const wire_value_t values[] = { { 1, { (const uint8_t *) "\xab\xcd", 2 } },
                                    { 2, { zeros, sizeof zeros } } };
    const wire_reflect_attribute_values_with_time_t reflect = {
        .object_instance = 9,
        .attribute_values = { values, 2 },
        .transportation_type = 1,
        .producing_federate = 4,
        .time = -5,
        .sent_order_type = WIRE_ORDER_TIMESTAMP,
    };
    line_check (WIRE_SERVICE_REFLECT_ATTRIBUTE_VALUES_WITH_TIME, &reflect,
                "reflectAttributeValuesWithTime (objectInstance=9, attributeValues={1=<2: abcd>,"
                "2=<20: 00000000000000000000000000000000...>}, userSuppliedTag=<0>, "
                "transportationType=1, producingFederate=4, sentRegions=none, time=-5, "
                "sentOrderType=TIMESTAMP, receivedOrderType=RECEIVE, retraction=none)");
}

/*  Whatever a name holds, a log line stays one line. */
static void test_line_text (void)
{
    const wire_get_federate_handle_t get = { { "a\"b\\c\nd", 7 } };
    const wire_get_federate_handle_t wrong = { { NULL, 7 } };
    line_check (WIRE_SERVICE_GET_FEDERATE_HANDLE, &get,
                "getFederateHandle (federateName=\"a\\\"b\\\\c\\x0ad\")");
    line_check (WIRE_SERVICE_GET_FEDERATE_HANDLE, &wrong, "getFederateHandle (federateName=\"\")");
}

static void test_line_nested (void)
{
    const wire_handle_t one[] = { 1 }, two[] = { 5, 6 };
    const wire_region_pair_t pairs[] = { { { one, 1 }, { two, 2 } }, { { one, 1 }, { NULL, 0 } } };
    const wire_associate_regions_for_updates_t associate = { 8, { pairs, 2 } };
    line_check (WIRE_SERVICE_ASSOCIATE_REGIONS_FOR_UPDATES, &associate,
                "associateRegionsForUpdates (objectInstance=8, "
                "attributesAndRegions={({1},{5,6}),({1},{})})");
}

static void test_line_result (void)
{
    const wire_get_update_rate_value_result_t rate = { 2.5 };
    const wire_query_galt_result_t galt = { WIRE_TIME_NONE };
    base_buffer_t line;

    base_buffer_init (&line);
    CHECK_OK (wire_service_result_to_text (WIRE_SERVICE_GET_UPDATE_RATE_VALUE, &rate, &line));
    CHECK_TEXT ((const char *) line.data, "getUpdateRateValue = (updateRate=2.5)");
    CHECK_OK (base_buffer_append (&line, "; ", 2));
    CHECK_OK (wire_service_result_to_text (WIRE_SERVICE_QUERY_GALT, &galt, &line));
    CHECK_TEXT ((const char *) line.data,
                "getUpdateRateValue = (updateRate=2.5); queryGALT = (time=none)");
    base_buffer_fini (&line);
}

/*  The text of the error that these bytes give. */
static const char *story_of (uint16_t service, const char *bytes, size_t size_bytes)
{
    uint64_t args[16];
    base_arena_t arena;
    base_arena_init (&arena);
    CHECK_ERR (wire_service_decode (service, (const uint8_t *) bytes, size_bytes, &arena, args,
                                    wire_service_row (service)->args.size_bytes),
               MST_E_MALFORMED);
    base_arena_fini (&arena);
    return mst_error_text ();
}

/*  The texts as users read them. */
static void test_stories (void)
{
    CHECK_TEXT (story_of (WIRE_SERVICE_PUBLISH_OBJECT_CLASS_ATTRIBUTES, "\x92\x03\xa1x", 4),
                "publishObjectClassAttributes: argument 2 \"attributes\" is a "
                "string, a list of handles was expected");
    CHECK_TEXT (story_of (WIRE_SERVICE_PUBLISH_OBJECT_CLASS_ATTRIBUTES, "\x92\x03\x92\x01\xc0", 5),
                "publishObjectClassAttributes: argument 2 \"attributes\", item 2 "
                "is nil, a handle was expected");
    CHECK_TEXT (story_of (WIRE_SERVICE_UPDATE_ATTRIBUTE_VALUES, "\x93\x07\x81\x01\x02\xc4\x00", 7),
                "updateAttributeValues: argument 2 \"attributeValues\", item 1, "
                "\"value\" is an integer, a run of bytes was expected");
    CHECK_TEXT (story_of (WIRE_SERVICE_QUERY_GALT, "\x91\x01", 2),
                "queryGALT: the number of arguments is 1, but 0 were expected");
    CHECK_TEXT (story_of (WIRE_SERVICE_QUERY_GALT, "\x01", 1),
                "queryGALT: the body is an integer, a list of 0 arguments was expected");
    CHECK_TEXT (story_of (WIRE_SERVICE_RESIGN_FEDERATION_EXECUTION, "\x91\x06", 2),
                "resignFederationExecution: argument 1 \"resignAction\" is 6, but "
                "a resign action goes from 0 to 5");
    CHECK_TEXT (story_of (WIRE_SERVICE_SET_RANGE_BOUNDS, "\x93\x01\x02\x93\x01\x02\x03", 7),
                "setRangeBounds: argument 3 \"rangeBounds\" has 3 parts, a range "
                "(lower, upper) has 2");
    CHECK_TEXT (story_of (WIRE_SERVICE_CREATE_FEDERATION_EXECUTION,
                          "\x92\xa1"
                          "a\x90",
                          4),
                "createFederationExecution: argument 2 \"fomModule\" has 0 items, "
                "a list of one object model was expected");
}

static CU_TestInfo table_tests[] = {
    { "178 requests and 62 callbacks, by name", test_complete },
    { "numbers and names are found and unique", test_unique },
    { "a number that is no service has no row", test_unknown_number },
    { "each group has its block of numbers", test_blocks },
    { "the three spellings of a name agree", test_spelling },
    { "clauses belong to the group's chapter", test_clauses },
    { "groups have the standard's names", test_groups },
    CU_TEST_INFO_NULL,
};

static CU_TestInfo type_tests[] = {
    { "types are built without gaps", test_types },
    { "absent values", test_absent },
    { "a field's name is cut, never overrun", test_field_name_cut },
    { "enumerations have the standard's numbers", test_enumerations },
    CU_TEST_INFO_NULL,
};

static CU_TestInfo exception_tests[] = {
    { "names both ways", test_exception_names },
    { "each exception is raised by some service", test_exceptions_used },
    { "a row's own and its common ones", test_exceptions_of_a_row },
    { "callbacks and requests", test_exceptions_common },
    CU_TEST_INFO_NULL,
};

static CU_TestInfo line_tests[] = {
    { "simple arguments", test_line_simple },
    { "values, bytes and what is absent", test_line_values },
    { "text is quoted", test_line_text },
    { "lists in lists", test_line_nested },
    { "results", test_line_result },
    { "errors say what, where, and what was expected", test_stories },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "services: table", NULL, NULL, NULL, NULL, table_tests },
           { "services: types", NULL, NULL, NULL, NULL, type_tests },
           { "services: exceptions", NULL, NULL, NULL, NULL, exception_tests },
           { "services: lines", NULL, NULL, NULL, NULL, line_tests })
