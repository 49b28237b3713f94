/*  Outcomes as sentences. */
#include "state/conflict_own.h"
#include "base/error.h"

#include <inttypes.h>
#include <stdio.h>

const char *mst_claim_kind_name (mst_claim_kind_t kind)
{
    switch (kind) {
    case MST_CLAIM_VALUE: return "value";
    case MST_CLAIM_REGION: return "region";
    case MST_CLAIM_SLOT: return "slot";
    case MST_CLAIM_RESOURCE: return "resource";
    case MST_CLAIM_ITEM: return "item";
    case MST_CLAIM_OWNER: return "owner";
    }
    return "?";
}

const char *mst_precedence_name (mst_precedence_t precedence)
{
    switch (precedence) {
    case MST_PRECEDENCE_EARLIEST: return "earliest stamp";
    case MST_PRECEDENCE_LATEST: return "latest stamp";
    case MST_PRECEDENCE_LOWEST_NODE: return "lowest node";
    case MST_PRECEDENCE_PRIORITY: return "highest priority";
    case MST_PRECEDENCE_MERGE: return "merge";
    case MST_PRECEDENCE_CUSTOM: return "custom rule";
    }
    return "?";
}

enum { TEXT_NODE_SIZE = 64, TEXT_WHY_SIZE = 160 };

typedef struct text_names {
    const char *(*name) (void *user, uint64_t node);
    void *user;
} text_names_t;

static const char *text_node (const text_names_t *names, uint64_t node, char text[TEXT_NODE_SIZE])
{
    const char *name = names->name ? names->name (names->user, node) : NULL;
    base_assert (text != NULL);
    (void) (name ? snprintf (text, TEXT_NODE_SIZE, "%s", name)
                 : snprintf (text, TEXT_NODE_SIZE, "node %" PRIu64, node));
    base_assert (text[0] != '\0' || name != NULL);
    return text;
}

static double text_seconds (const mst_claim_t *claim)
{
    base_assert (claim != NULL);
    return (double) mst_hlc_to_ns (claim->stamp) * 1e-9;
}

/*  What decided between two claims of which neither saw the other. */
static void text_why (const mst_rule_t *rule, const mst_claim_t *winner, const mst_claim_t *loser,
                      char why[TEXT_WHY_SIZE])
{
    base_assert (winner != NULL && loser != NULL);
    mst_precedence_t by = rule->precedence;
    bool tie = (by == MST_PRECEDENCE_PRIORITY && winner->priority == loser->priority) ||
               (by == MST_PRECEDENCE_LOWEST_NODE && winner->node == loser->node);
    if (by == MST_PRECEDENCE_PRIORITY && !tie)
        (void) snprintf (why, TEXT_WHY_SIZE, "highest priority (%" PRId64 " over %" PRId64 ")",
                         winner->priority, loser->priority);
    else if (by == MST_PRECEDENCE_LOWEST_NODE && !tie)
        (void) snprintf (why, TEXT_WHY_SIZE, "lowest node (%" PRIu64 " before %" PRIu64 ")",
                         winner->node, loser->node);
    else if (by == MST_PRECEDENCE_CUSTOM)
        (void) snprintf (why, TEXT_WHY_SIZE, "custom rule");
    else if (winner->stamp == loser->stamp)
        (void) snprintf (why, TEXT_WHY_SIZE, "equal stamps, then by node");
    else
        (void) snprintf (why, TEXT_WHY_SIZE, "%s%s (%.6f s %s %.6f s)", tie ? "a tie, then " : "",
                         mst_precedence_name (tie ? MST_PRECEDENCE_EARLIEST : by),
                         text_seconds (winner), by == MST_PRECEDENCE_LATEST ? "after" : "before",
                         text_seconds (loser));
}

static void text_outcome (const mst_arbiter_t *self, const conflict_claim_t *claim,
                          const text_names_t *names, char *text, size_t size_bytes)
{
    const mst_claim_t *one = &claim->claim, *two = NULL;
    char who[TEXT_NODE_SIZE], other[TEXT_NODE_SIZE] = "", why[TEXT_WHY_SIZE] = "";
    const mst_rule_t rule = state_conflict_rule (self, one->kind, one->subject);
    const char *kind = mst_claim_kind_name (one->kind);
    base_assert (text != NULL);
    (void) text_node (names, one->node, who);
    if (claim->other != CONFLICT_NONE) {
        two = &self->claims.items[claim->other].claim;
        (void) text_node (names, two->node, other);
        text_why (&rule, two, one, why);
    }
    switch (claim->outcome) {
    case MST_OUTCOME_HOLDS:
        (void) snprintf (text, size_bytes, "%s \"%s\": %s has it", kind, one->subject, who);
        break;
    case MST_OUTCOME_LOST:
        (void) snprintf (text, size_bytes,
                         "%s \"%s\": %s lost to %s: %s; neither had seen the other", kind,
                         one->subject, who, other, why);
        break;
    case MST_OUTCOME_DENIED:
        (void) snprintf (text, size_bytes, "%s \"%s\": %s was denied: it had seen that %s has it",
                         kind, one->subject, who, other);
        break;
    case MST_OUTCOME_REPLACED:
        (void) snprintf (text, size_bytes, "%s \"%s\": %s was replaced by %s, which had seen it",
                         kind, one->subject, who, other);
        break;
    case MST_OUTCOME_MERGED:
        (void) snprintf (text, size_bytes, "%s \"%s\": %s %s%s: merge", kind, one->subject, who,
                         two ? "holds together with " : "holds together with others", other);
        break;
    case MST_OUTCOME_WITHDRAWN:
        (void) snprintf (text, size_bytes, "%s \"%s\": %s took it back", kind, one->subject, who);
        break;
    }
}

mst_err_t mst_arbiter_explain (mst_arbiter_t *self, uint64_t node, uint64_t number,
                               const char *(*name) (void *user, uint64_t node), void *user,
                               char *text, size_t size_bytes)
{
    mst_outcome_t outcome;
    base_assert (self != NULL);
    base_assert (text != NULL && size_bytes > 0);
    mst_err_t err = mst_arbiter_outcome (self, node, number, &outcome, NULL);
    if (err)
        return err;
    const text_names_t names = { name, user };
    const conflict_claim_t *claim = &self->claims.items[state_conflict_find (self, node, number)];
    text_outcome (self, claim, &names, text, size_bytes);
    return MST_OK;
}
