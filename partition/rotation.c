/*  Rotations. With x = |w| t, each matrix is t^k (f I + g t^2 w w^T + h t [w]x), f, g and h smooth
    functions of x^2. Near 0 their closed forms subtract numbers that are nearly equal, so there the
    series is summed instead: at the border both are right to the last few bits. */
#include "partition/rotation.h"
#include "base/check.h"

#include <math.h>
#include <stddef.h>

static const double SERIES_BELOW = 0.5; /* of x; eight terms then reach 1e-20 */
enum { SERIES_TERMS = 8, AXES = 3 };

/*  The sum of (-x^2)^k c_k, where c_0 is first and c_(k+1) is c_k / ((2k + q) (2k + r)). */
static double rotation_series (double x2, double first, int q, int r)
{
    double sum = 0.0, term = first;

    base_assert (x2 <= SERIES_BELOW * SERIES_BELOW);
    base_assert (q > 0 && r > 0);
    for (int k = 0; k < SERIES_TERMS; k++) {
        sum += term;
        term *= -x2 / ((2 * k + q) * (2 * k + r));
    }
    return sum;
}

static double rotation_x (const double w[3], double t)
{
    base_assert (w != NULL);
    base_assert (isfinite (t));
    return sqrt (w[0] * w[0] + w[1] * w[1] + w[2] * w[2]) * fabs (t);
}

void partition_cross (const double a[3], const double b[3], double product[3])
{
    base_assert (product != a && product != b);
    for (int i = 0; i < AXES; i++) {
        int j = (i + 1) % AXES, k = (i + 2) % AXES;
        product[i] = a[j] * b[k] - a[k] * b[j];
    }
}

partition_matrix_t partition_matrix_about (const double w[3], double a, double b, double c)
{
    const double cross[3][3] = { { 0.0, -w[2], w[1] }, { w[2], 0.0, -w[0] }, { -w[1], w[0], 0.0 } };
    partition_matrix_t self;

    base_assert (w != NULL);
    for (int i = 0; i < AXES; i++)
        for (int j = 0; j < AXES; j++)
            self.at[i][j] = (i == j ? a : 0.0) + b * w[i] * w[j] + c * cross[i][j];
    return self;
}

partition_matrix_t partition_rotation_by (const double w[3], double t)
{
    double x = rotation_x (w, t), x2 = x * x;

    base_assert (!(x < 0.0)); /* it may be no number: a rate can be too large to be squared */
    if (x < SERIES_BELOW)
        return partition_matrix_about (w, cos (x), t * t * rotation_series (x2, 0.5, 3, 4),
                                       t * rotation_series (x2, 1.0, 2, 3));
    return partition_matrix_about (w, cos (x), t * t * (1.0 - cos (x)) / x2, t * sin (x) / x);
}

partition_matrix_t partition_rotation_integral (const double w[3], double t)
{
    double x = rotation_x (w, t), x2 = x * x, t2 = t * t;

    base_assert (!(x < 0.0));
    if (x < SERIES_BELOW)
        return partition_matrix_about (w, t * rotation_series (x2, 1.0, 2, 3),
                                       t2 * t * rotation_series (x2, 1.0 / 6.0, 4, 5),
                                       t2 * rotation_series (x2, 0.5, 3, 4));
    return partition_matrix_about (w, t * sin (x) / x, t2 * t * (x - sin (x)) / (x2 * x),
                                   t2 * (1.0 - cos (x)) / x2);
}

/*  The integrals of s cos (ws), s (1 - cos (ws)) / w^2 and s sin (ws) / w over 0 … t. */
partition_matrix_t partition_rotation_moment (const double w[3], double t)
{
    double x = rotation_x (w, t), x2 = x * x, t2 = t * t;

    base_assert (!(x < 0.0));
    if (x < SERIES_BELOW)
        return partition_matrix_about (w, t2 * rotation_series (x2, 0.5, 1, 4),
                                       t2 * t2 * rotation_series (x2, 0.125, 3, 6),
                                       t2 * t * rotation_series (x2, 1.0 / 3.0, 2, 5));
    double turned = cos (x) + x * sin (x) - 1.0;
    return partition_matrix_about (w, t2 * turned / x2, t2 * t2 * (0.5 * x2 - turned) / (x2 * x2),
                                   t2 * t * (sin (x) - x * cos (x)) / (x2 * x));
}

partition_matrix_t partition_matrix_multiply (const partition_matrix_t *a,
                                              const partition_matrix_t *b)
{
    partition_matrix_t product;

    base_assert (a != NULL);
    base_assert (b != NULL);
    for (int i = 0; i < AXES; i++)
        for (int j = 0; j < AXES; j++)
            product.at[i][j] =
                a->at[i][0] * b->at[0][j] + a->at[i][1] * b->at[1][j] + a->at[i][2] * b->at[2][j];
    return product;
}

partition_matrix_t partition_matrix_transpose (const partition_matrix_t *self)
{
    partition_matrix_t turned;

    base_assert (self != NULL);
    for (int i = 0; i < AXES; i++)
        for (int j = 0; j < AXES; j++)
            turned.at[i][j] = self->at[j][i];
    return turned;
}

void partition_matrix_apply (const partition_matrix_t *self, const double from[3], double to[3])
{
    double result[3];

    base_assert (self != NULL);
    base_assert (from != NULL && to != NULL);
    for (int i = 0; i < AXES; i++)
        result[i] = self->at[i][0] * from[0] + self->at[i][1] * from[1] + self->at[i][2] * from[2];
    for (int i = 0; i < AXES; i++)
        to[i] = result[i];
}

partition_matrix_t partition_rotation_from_euler (const double euler[3])
{
    double cos_psi = cos (euler[0]), sin_psi = sin (euler[0]);
    double cos_theta = cos (euler[1]), sin_theta = sin (euler[1]);
    double cos_phi = cos (euler[2]), sin_phi = sin (euler[2]);

    base_assert (isfinite (euler[0]) && isfinite (euler[1]));
    base_assert (isfinite (euler[2]));
    return (partition_matrix_t){ {
        { cos_theta * cos_psi, cos_theta * sin_psi, -sin_theta },
        { sin_phi * sin_theta * cos_psi - cos_phi * sin_psi,
          sin_phi * sin_theta * sin_psi + cos_phi * cos_psi, sin_phi * cos_theta },
        { cos_phi * sin_theta * cos_psi + sin_phi * sin_psi,
          cos_phi * sin_theta * sin_psi - sin_phi * cos_psi, cos_phi * cos_theta },
    } };
}

/*  theta from both its sine and its cosine: near a right angle the sine alone has lost half of the
    digits. */
void partition_rotation_to_euler (const partition_matrix_t *self, double euler[3])
{
    double level = hypot (self->at[0][0], self->at[0][1]);

    base_assert (self != NULL);
    base_assert (euler != NULL);
    euler[1] = atan2 (-self->at[0][2], level);
    if (level < 1e-12) {
        euler[0] = atan2 (-self->at[1][0], self->at[1][1]);
        euler[2] = 0.0;
        return;
    }
    euler[0] = atan2 (self->at[0][1], self->at[0][0]);
    euler[2] = atan2 (self->at[1][2], self->at[2][2]);
}

/*  From the longest of the four columns of the rotation's quaternion (Shepperd 1978, "Quaternion
   from rotation matrix"): well behaved at every angle, half turns among them. */
void partition_rotation_axis (const partition_matrix_t *self, double axis[3])
{
    const double (*m)[3] = self->at;
    double trace = m[0][0] + m[1][1] + m[2][2], q[4];
    int best = AXES;

    base_assert (axis != NULL);
    for (int i = 0; i < AXES; i++)
        if (m[i][i] > (best == AXES ? trace : m[best][best]))
            best = i;
    int j = (best + 1) % AXES, k = (best + 2) % AXES;
    if (best == AXES) {
        q[3] = 1.0 + trace;
        for (int i = 0; i < AXES; i++)
            q[i] = m[(i + 2) % AXES][(i + 1) % AXES] - m[(i + 1) % AXES][(i + 2) % AXES];
    } else {
        q[best] = 1.0 + 2.0 * m[best][best] - trace;
        q[j] = m[j][best] + m[best][j];
        q[k] = m[k][best] + m[best][k];
        q[3] = m[k][j] - m[j][k];
    }
    double sine = sqrt (q[0] * q[0] + q[1] * q[1] + q[2] * q[2]);
    double angle = 2.0 * atan2 (sine, fabs (q[3]));
    double scale = sine > 0.0 ? (q[3] < 0.0 ? -angle : angle) / sine : 0.0;
    base_assert (isfinite (scale));
    for (int i = 0; i < AXES; i++)
        axis[i] = q[i] * scale;
}

double partition_rotation_angle (const partition_matrix_t *a, const partition_matrix_t *b)
{
    partition_matrix_t back = partition_matrix_transpose (b);
    partition_matrix_t between = partition_matrix_multiply (a, &back);
    double axis[3];

    partition_rotation_axis (&between, axis);
    double angle = sqrt (axis[0] * axis[0] + axis[1] * axis[1] + axis[2] * axis[2]);
    base_assert (angle >= 0.0);
    base_assert (angle < 3.1416);
    return angle;
}
