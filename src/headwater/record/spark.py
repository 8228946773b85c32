"""The same questions for Apache Spark, where a record has outgrown one machine."""

from sqlglot import exp
from sqlglot.dialects.spark import Spark
from sqlglot.generators.spark import SparkGenerator


def _exact_percentile(self: SparkGenerator, ordered: exp.WithinGroup) -> str:
    """sqlglot turns ``percentile_cont(p) within group (order by x)`` into Spark's approximate percentile."""
    percentile, order = ordered.this, ordered.expression
    if not isinstance(percentile, exp.PercentileCont | exp.PercentileDisc):
        return self.withingroup_sql(ordered)
    return self.func("percentile", order.expressions[0].this, percentile.this)


class HeadwaterSpark(Spark):
    """Spark's dialect with the exact percentile."""

    class Generator(SparkGenerator):
        TRANSFORMS = {**SparkGenerator.TRANSFORMS, exp.WithinGroup: _exact_percentile}


def spark_sql(query: exp.Expr) -> str:
    """A question's SQL for Spark, over views named as the record's tables."""
    return query.sql(dialect=HeadwaterSpark)
