/*  <muster/declaration.h>: names and handles, publish and subscribe (IEEE 1516.1, clauses 5 and
   10).

    Thread rule: as <muster/federate.h>. */
#ifndef MUSTER_DECLARATION_H
#define MUSTER_DECLARATION_H

#include <muster/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*  Handles by name: full ("HLAobjectRoot.Comet") or short where that is unambiguous ("Comet").
    Errors: MST_E_CLASS_UNKNOWN, MST_E_ATTRIBUTE_UNKNOWN, MST_E_INTERACTION_UNKNOWN,
    MST_E_PARAMETER_UNKNOWN, with the nearest known name. */
MST_EXPORT mst_err_t mst_class_find (mst_federate_t fed, const char *name, mst_class_t *found);
MST_EXPORT mst_err_t mst_attribute_find (mst_federate_t fed, mst_class_t of, const char *name,
                                         mst_attribute_t *found);
MST_EXPORT mst_err_t mst_interaction_find (mst_federate_t fed, const char *name,
                                           mst_interaction_class_t *found);
MST_EXPORT mst_err_t mst_parameter_find (mst_federate_t fed, mst_interaction_class_t of,
                                         const char *name, mst_parameter_t *found);

/*  Names by handle; NULL when there is no such. They belong to the library, until the resign. */
MST_EXPORT const char *mst_class_name (mst_federate_t fed, mst_class_t of);
MST_EXPORT const char *mst_attribute_name (mst_federate_t fed, mst_class_t of,
                                           mst_attribute_t attribute);
MST_EXPORT const char *mst_interaction_name (mst_federate_t fed, mst_interaction_class_t of);
MST_EXPORT const char *mst_parameter_name (mst_federate_t fed, mst_interaction_class_t of,
                                           mst_parameter_t parameter);
/*  The name of the data type that the object model gives an attribute or parameter, as mst_encode
    and mst_decode take it; "" where it gives none, NULL when there is no such attribute. */
MST_EXPORT const char *mst_attribute_type (mst_federate_t fed, mst_class_t of,
                                           mst_attribute_t attribute);
MST_EXPORT const char *mst_parameter_type (mst_federate_t fed, mst_interaction_class_t of,
                                           mst_parameter_t parameter);
/*  The highest class, attribute, interaction class, parameter id (ids run from 1 without gaps). */
MST_EXPORT uint32_t mst_class_count (mst_federate_t fed);
MST_EXPORT uint32_t mst_attribute_count (mst_federate_t fed, mst_class_t of);
MST_EXPORT uint32_t mst_interaction_count (mst_federate_t fed);
MST_EXPORT uint32_t mst_parameter_count (mst_federate_t fed, mst_interaction_class_t of);

/*  Publish and subscribe attributes of a class; `attributes` NULL means all of them, count is then
    ignored. Subscriptions to a class get objects of its subclasses, as the class subscribed to.
    Errors: MST_E_CLASS_UNKNOWN, MST_E_ATTRIBUTE_UNKNOWN, MST_E_OWNERSHIP_PENDING. */
MST_EXPORT mst_err_t mst_publish (mst_federate_t fed, mst_class_t of,
                                  const mst_attribute_t *attributes, size_t count);
MST_EXPORT mst_err_t mst_unpublish (mst_federate_t fed, mst_class_t of,
                                    const mst_attribute_t *attributes, size_t count);
MST_EXPORT mst_err_t mst_subscribe (mst_federate_t fed, mst_class_t of,
                                    const mst_attribute_t *attributes, size_t count);
MST_EXPORT mst_err_t mst_unsubscribe (mst_federate_t fed, mst_class_t of,
                                      const mst_attribute_t *attributes, size_t count);

MST_EXPORT mst_err_t mst_publish_interaction (mst_federate_t fed, mst_interaction_class_t of);
MST_EXPORT mst_err_t mst_unpublish_interaction (mst_federate_t fed, mst_interaction_class_t of);
MST_EXPORT mst_err_t mst_subscribe_interaction (mst_federate_t fed, mst_interaction_class_t of);
MST_EXPORT mst_err_t mst_unsubscribe_interaction (mst_federate_t fed, mst_interaction_class_t of);

#ifdef __cplusplus
}
#endif
#endif
