/*  Rotations as 3 x 3 matrices, from world axes to body axes, in the conventions of IEEE
   1278.1-2012, annex E.

    Thread rule: any thread; nothing here keeps state. */
#ifndef PARTITION_ROTATION_H
#define PARTITION_ROTATION_H

typedef struct partition_matrix {
    double at[3][3];
} partition_matrix_t;

/*  The matrix of psi, theta, phi, and back. Where theta is a right angle psi and phi turn about one
    axis: phi is 0 then. */
partition_matrix_t partition_rotation_from_euler (const double euler[3]);
void partition_rotation_to_euler (const partition_matrix_t *self, double euler[3]);

/*  The axis, times the angle, of a rotation: what partition_rotation_by () undoes. */
void partition_rotation_axis (const partition_matrix_t *self, double axis[3]);
double partition_rotation_angle (const partition_matrix_t *a, const partition_matrix_t *b);

partition_matrix_t partition_matrix_multiply (const partition_matrix_t *a,
                                              const partition_matrix_t *b);
partition_matrix_t partition_matrix_transpose (const partition_matrix_t *self);
/*  `to` may be `from`. */
void partition_matrix_apply (const partition_matrix_t *self, const double from[3], double to[3]);

/*  a I + b w w^T + c [w]x: all matrices of dead reckoning have this form. */
partition_matrix_t partition_matrix_about (const double w[3], double a, double b, double c);

/*  What a frame that turns with the rate w does to a vector that is constant in it, in the axes of
    its beginning: the rotation after t, and the integrals over 0 … t of the rotation and of the
    rotation times the time since 0. */
partition_matrix_t partition_rotation_by (const double w[3], double t);
partition_matrix_t partition_rotation_integral (const double w[3], double t);
partition_matrix_t partition_rotation_moment (const double w[3], double t);

void partition_cross (const double a[3], const double b[3], double product[3]);

#endif
