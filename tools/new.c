/*  The files of a new federate, with @NAME@ where its name goes. They are the sample that everybody
    reads first: short, whole, and run by a test. */
#include "tools/new.h"
#include "base/error.h"
#include "base/alloc.h"
#include "tools/file.h"
#include "tools/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NEW_NAME_BYTES_MAX = 40 };

static const char new_source[] =
    "/*  @NAME@: each of them throws a ball, step by step, and tells the others how high it is.\n"
    "    `muster run scenario.json` starts two. */\n"
    "#include <muster/muster.h>\n"
    "#include <stdio.h>\n"
    "#include <stdlib.h>\n"
    "\n"
    "static void must (mst_err_t err)\n"
    "{\n"
    "    if (err) {\n"
    "        fprintf (stderr, \"@NAME@: %s\\n\", mst_error_text ());\n"
    "        exit (1);\n"
    "    }\n"
    "}\n"
    "\n"
    "/*  Another federate's ball. The value's bytes are those of its data type, HLAfloat64BE. */\n"
    "static void reflected (void *user, mst_federate_t fed, const mst_reception_t *update)\n"
    "{\n"
    "    mst_reader_t from = mst_reader (update->values[0].data, update->values[0].size_bytes);\n"
    "    double height = mst_get_f64be (&from);\n"
    "    (void) user;\n"
    "    must (mst_reader_end (&from));\n"
    "    printf (\"%lld s: %s is %.1f m high\\n\", (long long) update->time,\n"
    "            mst_object_name (fed, update->object), height);\n"
    "}\n"
    "\n"
    "static void throw_ball (mst_federate_t fed, mst_object_t ball, mst_attribute_t attribute,\n"
    "                        mst_time_t now)\n"
    "{\n"
    "    unsigned char bytes[8];\n"
    "    double t = (double) now;\n"
    "    mst_writer_t to = mst_writer (bytes, sizeof bytes);\n"
    "    mst_put_f64be (&to, 20.0 * t - 4.9 * t * t);\n"
    "    const mst_value_t value = { attribute.id, sizeof bytes, bytes };\n"
    "    must (mst_update (fed, ball, &value, 1, now, NULL));\n"
    "}\n"
    "\n"
    "int main (void)\n"
    "{\n"
    "    mst_federate_t fed;\n"
    "    mst_class_t ball_class;\n"
    "    mst_attribute_t height;\n"
    "    mst_object_t ball;\n"
    "    const char *expected = getenv (\"MUSTER_FEDERATES\"); /* how many the run needs */\n"
    "    const mst_module_t fom = { .name = \"@NAME@.xml\" };\n"
    "    const mst_join_options_t options = { .federation = \"@NAME@\",\n"
    "                                         .modules = &fom,\n"
    "                                         .module_count = 1,\n"
    "                                         .callbacks.reflected = reflected };\n"
    "\n"
    "    must (mst_join (&options, &fed));\n"
    "    must (mst_class_find (fed, \"Ball\", &ball_class));\n"
    "    must (mst_attribute_find (fed, ball_class, \"Height\", &height));\n"
    "    must (mst_publish (fed, ball_class, &height, 1));\n"
    "    must (mst_subscribe (fed, ball_class, &height, 1));\n"
    "    must (mst_register (fed, ball_class, NULL, &ball));\n"
    "    must (mst_enable_time (fed, 1)); /* lookahead: what is sent now counts from 1 on */\n"
    "    must (mst_synchronize (fed, \"ready\", expected ? strtoul (expected, NULL, 10) : 1, "
    "-1));\n"
    "    for (mst_time_t now = 1; now <= 4; now++) {\n"
    "        throw_ball (fed, ball, height, now);\n"
    "        must (mst_advance (fed, now, -1));\n"
    "    }\n"
    "    must (mst_report (fed, \"thrown\", \"1\"));\n"
    "    must (mst_resign (&fed, MST_RESIGN_DELETE_OBJECTS_THEN_DIVEST));\n"
    "    return 0;\n"
    "}\n";

static const char new_cmake[] =
    "cmake_minimum_required (VERSION 3.20)\n"
    "project (@NAME@ LANGUAGES C)\n"
    "set (CMAKE_C_STANDARD 17)\n"
    "# Not installed? Then say where Muster was built: cmake -B build -Dmuster_DIR=…/muster/build\n"
    "find_package (muster REQUIRED)\n"
    "add_executable (@NAME@ @NAME@.c)\n"
    "target_link_libraries (@NAME@ PRIVATE muster::muster)\n";

static const char new_fom[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                              "<objectModel xmlns=\"http://standards.ieee.org/IEEE1516-2010\">\n"
                              "  <modelIdentification>\n"
                              "    <name>@NAME@</name>\n"
                              "    <type>FOM</type>\n"
                              "  </modelIdentification>\n"
                              "  <objects>\n"
                              "    <objectClass>\n"
                              "      <name>HLAobjectRoot</name>\n"
                              "      <objectClass>\n"
                              "        <name>Ball</name>\n"
                              "        <sharing>PublishSubscribe</sharing>\n"
                              "        <attribute>\n"
                              "          <name>Height</name>\n"
                              "          <dataType>HLAfloat64BE</dataType>\n"
                              "          <updateType>Periodic</updateType>\n"
                              "          <sharing>PublishSubscribe</sharing>\n"
                              "          <transportation>HLAreliable</transportation>\n"
                              "          <order>TimeStamp</order>\n"
                              "          <semantics>Metres above the ground.</semantics>\n"
                              "        </attribute>\n"
                              "      </objectClass>\n"
                              "    </objectClass>\n"
                              "  </objects>\n"
                              "  <time>\n"
                              "    <timeStamp><dataType>HLAinteger64Time</dataType></timeStamp>\n"
                              "    <lookahead><dataType>HLAinteger64Time</dataType></lookahead>\n"
                              "  </time>\n"
                              "</objectModel>\n";

static const char new_scenario[] =
    "{ \"muster\": 1, \"name\": \"@NAME@\", \"fom\": [\"@NAME@.xml\"],\n"
    "  \"time\": { \"unit\": \"1 s\", \"end\": \"4 s\", \"step\": \"1 s\" },\n"
    "  \"federates\": [ { \"name\": \"@NAME@\", \"count\": 2, \"scalable\": true,\n"
    "                   \"run\": [\"build/@NAME@\"] } ] }\n";

static const struct new_file {
    const char *path; /* in the folder */
    const char *text;
} new_files[] = {
    { "@NAME@.c", new_source },
    { "CMakeLists.txt", new_cmake },
    { "@NAME@.xml", new_fom },
    { "scenario.json", new_scenario },
};
enum { NEW_FILES = sizeof new_files / sizeof new_files[0] };

static mst_err_t new_check_name (const char *name)
{
    size_t size_bytes =
        strspn (name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
    bool letter = strchr ("0123456789_-", name[0]) == NULL;
    if (name[0] != '\0' && letter && name[size_bytes] == '\0' && size_bytes <= NEW_NAME_BYTES_MAX)
        return MST_OK;
    return base_error (MST_E_INVALID_ARGUMENT,
                       "\"%.60s\" is no name for a federate: a letter, then letters, digits, - and "
                       "_ are meant, up to %d",
                       name, NEW_NAME_BYTES_MAX);
}

/*  The text with the name in it. */
static mst_err_t new_fill (base_buffer_t *out, const char *text, const char *name)
{
    mst_err_t err = MST_OK;
    base_buffer_clear (out);
    for (const char *at = strstr (text, "@NAME@"); !err && at; at = strstr (text, "@NAME@")) {
        err = base_buffer_append (out, text, (size_t) (at - text));
        if (!err)
            err = base_buffer_append (out, name, strlen (name));
        text = at + strlen ("@NAME@");
    }
    return err ? err : base_buffer_append (out, text, strlen (text));
}

static mst_err_t new_write (const struct new_file *file, const char *folder, base_buffer_t *text)
{
    mst_err_t err = new_fill (text, file->path, folder);
    if (err)
        return err;
    char *path = tools_path (folder, tools_text_of (text));
    if (!path)
        return base_alloc_error ();
    err = new_fill (text, file->text, folder);
    if (!err)
        err = tools_file_write (path, text->data, text->size_bytes);
    base_free (path);
    return err;
}

mst_err_t tools_new (const char *name)
{
    base_buffer_t text;
    mst_err_t err = new_check_name (name);
    if (err)
        return err;
    if (mkdir (name, 0777) != 0)
        return base_error (MST_E_IO,
                           errno == EEXIST ? "%s exists already: choose another name"
                                           : "%s cannot be made: %s",
                           name, strerror (errno));
    base_buffer_init (&text);
    for (size_t i = 0; !err && i < NEW_FILES; i++)
        err = new_write (&new_files[i], name, &text);
    base_buffer_fini (&text);
    if (err)
        tools_folder_remove (name); /* ours alone: it did not exist */
    return err;
}
