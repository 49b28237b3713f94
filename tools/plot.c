/*  Reading, drawing, writing; a picture that cannot be written whole is not there. */
#include "tools/plot.h"
#include "base/error.h"
#include "tools/file.h"
#include "tools/plot_own.h"
#include "tools/text.h"

static mst_err_t plot_write (const char *path, const base_buffer_t *svg)
{
    tools_sink_t sink;
    mst_err_t err = tools_sink_open_part (&sink, path);
    if (err)
        return err;
    log_sink_t to = tools_sink (&sink);
    return tools_sink_finish (&sink, to.write (to.context, svg->data, svg->size_bytes));
}

mst_err_t tools_plot (const tools_plot_options_t *options, base_buffer_t *out)
{
    plot_scene_t scene = { .half_width = 0.0 };
    base_buffer_t svg = { 0 };
    char size[TOOLS_NUMBER_SIZE];
    uint32_t drawn = 0, leaves = 0;

    base_names_init (&scene.object_names);
    base_names_init (&scene.home_names);
    mst_err_t err = plot_read (&scene, options);
    if (!err)
        err = plot_draw (&scene, &svg, &drawn, &leaves);
    if (!err)
        err = plot_write (options->output, &svg);
    if (!err)
        err = tools_text_append (out, "picture: %s, %s\nobjects: %u\nhomes: %zu\nleaves: %u\n",
                                 options->output, tools_size_text (size, svg.size_bytes), drawn,
                                 scene.homes.count, leaves);
    if (!err && scene.cut[0]) /* drawn all the same, and not passed off as the whole */
        err = base_error (MST_E_FILE_CORRUPT, "%s", scene.cut);
    base_buffer_fini (&svg);
    plot_scene_fini (&scene);
    return err;
}
