/*  fom/reader: modules from XML, good ones, sloppy ones and hostile ones. */
#include "tests/support/check.h"
#include "tests/support/sweep.h"
#include "tests/support/temp.h"
#include "base/alloc.h"
#include "fom/limits.h"
#include "fom/reader.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char comets[] =
    "<?xml version='1.0'?>\n"
    "<objectModel xmlns='http://standards.ieee.org/IEEE1516-2010'>\n"
    " <objects><objectClass><name>HLAobjectRoot</name>\n"
    "  <objectClass><name>Comet</name><sharing>PublishSubscribe</sharing>\n"
    "   <attribute><name>Position</name><dataType>Vector</dataType>\n"
    "    <transportation>HLAreliable</transportation><order>TimeStamp</order></attribute>\n"
    "   <attribute><name> Mass\n</name><dataType>HLAfloat64LE</dataType></attribute>\n"
    "  </objectClass></objectClass></objects>\n"
    " <dataTypes><arrayDataTypes><arrayData><name>Vector</name><dataType>HLAfloat64LE</dataType>\n"
    "  "
    "<cardinality>3</cardinality><encoding>HLAfixedArray</encoding></arrayData></arrayDataTypes>\n"
    " </dataTypes>\n"
    "</objectModel>\n";

static mst_err_t read_text (const char *text, fom_module_t **module)
{
    return fom_read ("comets.xml", text, strlen (text), module);
}

/*  The text must be refused; gives the story. */
static const char *refused (const char *text, mst_err_t expected)
{
    fom_module_t *module;
    CHECK_ERR (read_text (text, &module), expected);
    CHECK (module == NULL);
    fom_module_destroy (&module);
    return mst_error_text ();
}

/*  The text must be read; the first warning contains `part` (NULL: there is none). */
static void warned (const char *text, const char *part)
{
    fom_module_t *module;
    CHECK_OK (read_text (text, &module));
    if (!module)
        return;
    if (part)
        CHECK_CONTAINS (fom_module_warning (module, 0), part);
    else
        CHECK (fom_module_warning (module, 0) == NULL);
    fom_module_destroy (&module);
}

/*  Good and sloppy ----------------------------------------------------------------------------- */

static void test_reads_a_module (void)
{
    fom_module_t *module;
    CHECK_OK (read_text (comets, &module));
    CHECK_OR_RETURN (module != NULL);
    CHECK_TEXT (fom_module_label (module), "comets.xml");
    CHECK (fom_module_warning (module, 0) == NULL);
    fom_module_destroy (&module);
    CHECK (module == NULL);
    fom_module_destroy (&module);
}

static void test_namespaces (void)
{
    warned ("<objectModel/>", NULL);
    warned ("<objectModel xmlns='http://standards.ieee.org/IEEE1516-2010'/>", NULL);
    warned ("<objectModel xmlns='http://www.sisostds.org/schemas/IEEE1516-2010'/>", NULL);
    warned ("<h:objectModel xmlns:h='http://standards.ieee.org/IEEE1516-2025'><h:objects/>"
            "</h:objectModel>",
            NULL);
    warned ("<objectModel xmlns='http://example.org/other'/>",
            "comets.xml:1:1: the namespace \"http://example.org/other\" is not one of IEEE 1516");
    /* what a tool adds under a namespace of its own is not ours to judge */
    warned ("<objectModel xmlns:x='urn:x'><x:note><objects>no</objects></x:note></objectModel>",
            NULL);
}

static void test_sloppy_files_give_warnings (void)
{
    warned ("<objectModel>\n<colour>red</colour></objectModel>",
            "comets.xml:2:1: unknown element <colour> in this object model: skipped");
    warned ("<objectModel><objects><objectClass><name>HLAobjectRoot</name>\n"
            "<attribute><name>A</name><order>Sometimes</order></attribute></objectClass></objects>"
            "</objectModel>",
            "comets.xml:2:42: order is \"Sometimes\", which is none of its words: read as "
            "\"Receive\"");
    warned ("<objectModel><objects><objectClass><name>HLAobjectRoot</name>\n"
            "<name>Other</name></objectClass></objects></objectModel>",
            "comets.xml:2:12: a second <name> for one class: the first is used");
    warned ("<objectModel><objects><objectClass><name>HLA<b>object</b>Root</name>"
            "</objectClass></objects></objectModel>",
            "unknown element <b>");
    /* letter case of the words */
    warned ("<objectModel><objects><objectClass><name>HLAobjectRoot</name>"
            "<sharing>publishsubscribe</sharing></objectClass></objects></objectModel>",
            NULL);
}

static void test_warnings_are_bounded (void)
{
    static char text[FOM_WARNINGS_MAX * 8 + 4096];
    size_t length = (size_t) sprintf (text, "<objectModel>");
    for (int i = 0; i < FOM_WARNINGS_MAX + 50; i++)
        length += (size_t) sprintf (text + length, "<x/>");
    (void) strcpy (text + length, "</objectModel>");
    fom_module_t *module;
    CHECK_OK (read_text (text, &module));
    CHECK (fom_module_warning (module, FOM_WARNINGS_MAX - 1) != NULL);
    CHECK (fom_module_warning (module, FOM_WARNINGS_MAX) == NULL);
    fom_module_destroy (&module);
}

/*  Wrong --------------------------------------------------------------------------------------- */

static void test_not_xml (void)
{
    CHECK_TEXT (refused ("muster", MST_E_FOM_INVALID),
                "comets.xml:1:1: not well-formed XML: syntax error");
    CHECK_TEXT (refused ("", MST_E_FOM_INVALID),
                "comets.xml:1:1: not well-formed XML: no element found");
    CHECK_TEXT (refused ("<objectModel>\n <objects>\n</objectModel>", MST_E_FOM_INVALID),
                "comets.xml:3:3: not well-formed XML: mismatched tag");
    CHECK_TEXT (refused ("<html></html>", MST_E_FOM_INVALID),
                "comets.xml:1:1: the root element is <html>: an object model begins with "
                "<objectModel>");
    fom_module_t *module;
    CHECK_ERR (fom_read ("none.xml", NULL, 0, &module), MST_E_FOM_INVALID);
}

static void test_twice (void)
{
    CHECK_TEXT (refused ("<objectModel><objects><objectClass><name>HLAobjectRoot</name>\n"
                         "<objectClass><name>Comet</name>\n"
                         "  <attribute><name>Position</name></attribute>\n"
                         "  <attribute><name>Position</name></attribute>\n"
                         "</objectClass></objectClass></objects></objectModel>",
                         MST_E_FOM_INVALID),
                "comets.xml:4:3: attribute \"Position\" of class \"Comet\" appears twice (first at "
                "line 3): remove one");
    CHECK_TEXT (refused ("<objectModel><objects><objectClass><name>HLAobjectRoot</name>\n"
                         "<objectClass><name>A</name></objectClass>\n"
                         "<objectClass><name>A</name></objectClass>\n"
                         "</objectClass></objects></objectModel>",
                         MST_E_FOM_INVALID),
                "comets.xml:3:1: class \"A\" appears twice (first at line 2): remove one");
    CHECK_TEXT (
        refused ("<objectModel><dataTypes>\n"
                 "<simpleDataTypes><simpleData><name>T</name></simpleData></simpleDataTypes>\n"
                 "<arrayDataTypes><arrayData><name>T</name></arrayData></arrayDataTypes>"
                 "</dataTypes></objectModel>",
                 MST_E_FOM_INVALID),
        "comets.xml:3:17: array data type \"T\" appears twice (first at line 2): remove one");
}

static void test_names (void)
{
    CHECK_TEXT (refused ("<objectModel><objects>\n<objectClass><sharing>Neither</sharing>"
                         "</objectClass></objects></objectModel>",
                         MST_E_FOM_INVALID),
                "comets.xml:2:1: this class has no name: give it a <name>");
    CHECK_TEXT (
        refused ("<objectModel><objects><objectClass><name>A.B</name></objectClass></objects>"
                 "</objectModel>",
                 MST_E_FOM_INVALID),
        "comets.xml:1:23: the name of the class \"A.B\" has a dot in it: dots stand between "
        "classes");
    CHECK_CONTAINS (refused ("<objectModel><objects><objectClass><name>A&#10;B</name></objectClass>"
                             "</objects></objectModel>",
                             MST_E_FOM_INVALID),
                    "control character");
}

/*  Hostile ------------------------------------------------------------------------------------- */

static void test_entities_are_refused (void)
{
    static const char laughs[] =
        "<?xml version='1.0'?>\n<!DOCTYPE lolz [\n <!ENTITY lol 'lol'>\n"
        " <!ENTITY lol2 '&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;'>\n"
        " <!ENTITY lol3 '&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;'>\n"
        "]>\n<objectModel>&lol3;</objectModel>";
    CHECK_CONTAINS (
        refused (laughs, MST_E_FOM_INVALID),
        "comets.xml:3:15: the entity \"lol\" is declared: object models with entities are "
        "refused");
    CHECK_CONTAINS (refused ("<!DOCTYPE a [<!ENTITY f SYSTEM 'file:///etc/passwd'>]>"
                             "<objectModel>&f;</objectModel>",
                             MST_E_FOM_INVALID),
                    "is declared");
    CHECK_CONTAINS (refused ("<!DOCTYPE a [<!ENTITY % p SYSTEM 'http://example.org/x'> %p;]>"
                             "<objectModel/>",
                             MST_E_FOM_INVALID),
                    "is declared");
    CHECK_CONTAINS (refused ("<!DOCTYPE a [<!ENTITY a '&b;'><!ENTITY b '&a;'>]>"
                             "<objectModel>&a;</objectModel>",
                             MST_E_FOM_INVALID),
                    "is declared");
    CHECK_CONTAINS (
        refused ("<!DOCTYPE a SYSTEM 'a.dtd'><objectModel>&a;</objectModel>", MST_E_FOM_INVALID),
        "the entity \"a\" is not known");
    /* a document type without entities stands in real files */
    warned ("<!DOCTYPE objectModel SYSTEM 'hla.dtd'><objectModel/>", NULL);
    warned ("<objectModel><objects><objectClass><name>HLAobjectRoot</name><objectClass>"
            "<name>A&amp;B</name></objectClass></objectClass></objects></objectModel>",
            NULL);
}

static void test_depth_is_limited (void)
{
    static char text[100000];
    size_t length = (size_t) sprintf (text, "<objectModel>");
    for (int i = 0; i < 5000; i++)
        length += (size_t) sprintf (text + length, "<objects>");
    CHECK_CONTAINS (refused (text, MST_E_LIMIT), "FOM_DEPTH_MAX (64)");
}

static void test_sizes_are_limited (void)
{
    fom_module_t *module;
    CHECK_ERR (fom_read ("big.xml", comets, FOM_MODULE_BYTES_MAX + 1, &module), MST_E_LIMIT);
    CHECK_CONTAINS (mst_error_text (), "FOM_MODULE_BYTES_MAX");

    static char text[20000];
    char name[FOM_NAME_BYTES_MAX + 2];
    memset (name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    (void) sprintf (text,
                    "<objectModel><dataTypes><simpleData><name>%s</name></simpleData>"
                    "</dataTypes></objectModel>",
                    name);
    CHECK_CONTAINS (refused (text, MST_E_LIMIT), "FOM_NAME_BYTES_MAX (255)");

    size_t length = (size_t) sprintf (text, "<objectModel><dataTypes><simpleData><name>");
    memset (text + length, 'y', 3 * FOM_TEXT_BYTES_MAX);
    (void) strcpy (text + length + 3 * FOM_TEXT_BYTES_MAX, "</name>");
    CHECK_CONTAINS (refused (text, MST_E_LIMIT), "FOM_TEXT_BYTES_MAX (4095)");
}

static void test_items_are_limited (void)
{
    static const char item[] = "<arrayData><name>t%06d</name></arrayData>";
    size_t capacity = (size_t) (FOM_NODES_MAX + 10) * (sizeof item + 10);
    char *text = malloc (capacity);
    CHECK_OR_RETURN (text != NULL);
    size_t length = (size_t) sprintf (text, "<objectModel>");
    for (int i = 0; i < FOM_NODES_MAX + 1; i++)
        length += (size_t) sprintf (text + length, item, i);
    (void) strcpy (text + length, "</objectModel>");
    CHECK_CONTAINS (refused (text, MST_E_LIMIT), "FOM_NODES_MAX (262144)");
    free (text);
}

/*  What a text may be added to again and again must not become gigabytes. */
static void test_repeated_texts_are_limited (void)
{
    enum { VALUES = 400000 };
    char *text = malloc (VALUES * 24 + 200);
    CHECK_OR_RETURN (text != NULL);
    size_t length = (size_t) sprintf (
        text, "<objectModel><enumeratedData><name>E</name><enumerator><name>e</name>");
    for (int i = 0; i < VALUES; i++)
        length += (size_t) sprintf (text + length, "<value>1</value>");
    (void) strcpy (text + length, "</enumerator></enumeratedData></objectModel>");
    CHECK_CONTAINS (refused (text, MST_E_LIMIT), "FOM_TEXT_BYTES_MAX");
    free (text);
}

static void test_cut_anywhere (void)
{
    size_t whole = strlen (comets);
    while (comets[whole - 1] != '>')
        whole--;
    for (size_t cut = 0; cut < whole; cut++) {
        char *copy = malloc (cut + 1); /* its end is the block's end */
        CHECK_OR_RETURN (copy != NULL);
        memcpy (copy, comets, cut);
        fom_module_t *module;
        CHECK_ERR (fom_read ("cut.xml", copy, cut, &module), MST_E_FOM_INVALID);
        CHECK_CONTAINS (mst_error_text (), "cut.xml:");
        free (copy);
    }
}

static void test_any_byte_changed (void)
{
    static char copy[sizeof comets];
    for (size_t at = 0; at < strlen (comets); at++) {
        memcpy (copy, comets, sizeof comets);
        copy[at] = (char) (copy[at] ^ (1 << at % 8));
        fom_module_t *module;
        mst_err_t err = fom_read ("changed.xml", copy, strlen (comets), &module);
        CHECK (err == MST_OK || err == MST_E_FOM_INVALID || err == MST_E_LIMIT);
        fom_module_destroy (&module);
    }
}

static void read_scenario (void *context)
{
    fom_module_t *module;
    (void) context;
    mst_err_t err = read_text (comets, &module);
    CHECK (err == MST_OK || err == MST_E_NO_MEMORY);
    CHECK ((module != NULL) == (err == MST_OK));
    fom_module_destroy (&module);
}

static void test_allocations_may_fail (void)
{
    CHECK (sweep_allocations (read_scenario, NULL) > 10);
}

/*  Real files ---------------------------------------------------------------------------------- */

static const char *shared_folder (const char *name, char out[1024])
{
    const char *root = getenv ("MUSTER_SHARED_DATA");
    if (root)
        (void) snprintf (out, 1024, "%s/fom/%s", root, name);
    else
        (void) snprintf (out, 1024, "%s/../shared/data/fom/%s", TEST_SOURCE_DIR, name);
    return out;
}

static int by_name (const void *a, const void *b)
{
    return strcmp (*(char *const *) a, *(char *const *) b);
}

/*  Reads all modules of a folder, in the order of their names. */
static size_t read_folder (const char *folder, fom_module_t **modules, size_t room)
{
    char *names[FOM_MODULES_MAX], path[2048];
    size_t count = 0, modules_read = 0;
    DIR *list = opendir (folder);
    for (struct dirent *entry; list && (entry = readdir (list)) && count < room;)
        if (strstr (entry->d_name, ".xml"))
            names[count++] = strdup (entry->d_name);
    if (list)
        (void) closedir (list);
    qsort (names, count, sizeof *names, by_name);
    for (size_t i = 0; i < count; i++) {
        size_t size_bytes;
        (void) snprintf (path, sizeof path, "%s/%s", folder, names[i]);
        char *data = test_file_read (path, &size_bytes);
        CHECK_OK (fom_read (names[i], data, size_bytes, &modules[modules_read]));
        modules_read += modules[modules_read] != NULL;
        free (data);
        free (names[i]);
    }
    return modules_read;
}

static void test_real_modules (void)
{
    fom_module_t *modules[FOM_MODULES_MAX];
    char folder[1024];
    fom_model_t *model;
    size_t count = read_folder (shared_folder ("mim", folder), modules, 4);
    if (count == 0) {
        printf ("skipped: no shared data ");
        return;
    }
    count += read_folder (shared_folder ("rpr2", folder), modules + count, 32);
    CHECK_INT (count, 15);
    for (size_t i = 0; i < count; i++)
        CHECK (fom_module_warning (modules[i], 0) == NULL);
    CHECK_OK (fom_merge (modules, count, &model));
    if (model) {
        CHECK (fom_model_warning (model, 0) == NULL);
        CHECK_INT (model->objects.count, 67);
        CHECK_INT (model->interactions.count, 163);
        CHECK_INT (model->type_count, 345); /* 339 of the files, 6 of HLA 4 */
        CHECK_INT (model->dimension_count, 2);
        uint32_t transponder, fire, identifier;
        CHECK_OK (fom_class_find (&model->objects, "NatoIFFTransponder", &transponder));
        CHECK_INT (fom_class (&model->objects, transponder)->member_count, 55);
        CHECK_OK (fom_class_find (&model->interactions, "WeaponFire", &fire));
        CHECK_OK (fom_member_find (&model->interactions, fire, "EventIdentifier", &identifier));
    }
    fom_model_destroy (&model);
    for (size_t i = 0; i < count; i++)
        fom_module_destroy (&modules[i]);
}

static CU_TestInfo reader_tests[] = {
    { "a module is read", test_reads_a_module },
    { "namespaces", test_namespaces },
    { "sloppy files give warnings", test_sloppy_files_give_warnings },
    { "warnings are bounded", test_warnings_are_bounded },
    { "what is no XML, or no object model", test_not_xml },
    { "what stands twice", test_twice },
    { "names", test_names },
    { "entities are refused", test_entities_are_refused },
    { "depth is limited", test_depth_is_limited },
    { "sizes are limited", test_sizes_are_limited },
    { "items are limited", test_items_are_limited },
    { "repeated texts are limited", test_repeated_texts_are_limited },
    { "cut anywhere", test_cut_anywhere },
    { "any byte changed", test_any_byte_changed },
    { "allocations may fail", test_allocations_may_fail },
    { "RPR FOM 2.0 and the MIM", test_real_modules },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "fom reader", NULL, NULL, NULL, NULL, reader_tests })
