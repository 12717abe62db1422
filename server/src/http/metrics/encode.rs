//! Writes one metric after another, each with its description.

use std::fmt;

use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use storage::Histogram;

/// What a histogram's whole numbers count.
#[derive(Clone, Copy)]
pub(super) enum Scale {
    /// Units.
    One,
    /// Thousandths of a unit.
    Thousandth,
}

impl Scale {
    fn apply(self, value: u64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a metric needs no more than 52 bits")]
        let value = value as f64;
        match self {
            Self::One => value,
            Self::Thousandth => value / 1000.0,
        }
    }
}

/// The page that is written.
pub(super) struct Page<'a>(DescriptorEncoder<'a>);

impl<'a> Page<'a> {
    pub(super) fn new(encoder: DescriptorEncoder<'a>) -> Self {
        Self(encoder)
    }

    /// What does not change while the process runs.
    pub(super) fn info(&mut self, name: &str, help: &str, labels: &[(&str, &str)]) -> fmt::Result {
        self.0.encode_descriptor(name, help, None, MetricType::Info)?.encode_info(&labels)
    }

    /// A number that goes up and down.
    pub(super) fn gauge(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        self.0.encode_descriptor(name, help, None, MetricType::Gauge)?.encode_gauge(&value)
    }

    /// Numbers that go up and down, by the values of a label.
    pub(super) fn gauges<'v>(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        values: impl IntoIterator<Item = (&'v str, u64)>,
    ) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for (of, value) in values {
            metric.encode_family(&[(label, of)])?.encode_gauge(&value)?;
        }
        Ok(())
    }

    /// A number that only grows.
    pub(super) fn counter(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        count(&mut self.0.encode_descriptor(name, help, None, MetricType::Counter)?, value)
    }

    /// Numbers that only grow, by the values of a label.
    pub(super) fn counters<'v>(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        values: impl IntoIterator<Item = (&'v str, u64)>,
    ) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (of, value) in values {
            count_of(&mut metric, &[(label, of)], value)?;
        }
        Ok(())
    }

    /// Spans of time that only grow, given in milliseconds, by the values of a label.
    pub(super) fn seconds<'v>(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        values: impl IntoIterator<Item = (&'v str, u64)>,
    ) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (of, millis) in values {
            let seconds = Scale::Thousandth.apply(millis);
            let labels = [(label, of)];
            let mut metric = metric.encode_family(&labels)?;
            metric.encode_counter::<NoLabelSet, _, f64>(&seconds, None)?;
        }
        Ok(())
    }

    /// Ended connections by application, close code and the server's reason.
    pub(super) fn closes(
        &mut self,
        name: &str,
        help: &str,
        closes: &[((&str, u16, &str), u64)],
    ) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        for ((application, code, reason), closed) in closes {
            let code = code.to_string();
            let labels = [("application", *application), ("code", &code), ("reason", *reason)];
            count_of(&mut metric, &labels, *closed)?;
        }
        Ok(())
    }

    /// How often which values were seen.
    pub(super) fn histogram(
        &mut self,
        name: &str,
        help: &str,
        histogram: &Histogram,
        scale: Scale,
    ) -> fmt::Result {
        let bounds =
            histogram.bounds.iter().map(|bound| scale.apply(*bound)).chain([f64::INFINITY]);
        let buckets: Vec<_> = bounds.zip(histogram.counts.iter().copied()).collect();
        let (sum, count) = (scale.apply(histogram.sum), histogram.counts.iter().sum());
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Histogram)?;
        metric.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
    }
}

fn count(metric: &mut MetricEncoder<'_>, value: u64) -> fmt::Result {
    metric.encode_counter::<NoLabelSet, _, u64>(&value, None)
}

fn count_of(
    metric: &mut MetricEncoder<'_>,
    labels: &impl EncodeLabelSet,
    value: u64,
) -> fmt::Result {
    count(&mut metric.encode_family(labels)?, value)
}
