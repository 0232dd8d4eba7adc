//! JSON Schema of the config, for editors and for the chart: made from the types that read it.

use schemars::generate::SchemaSettings;

use super::spec::Spec;

/// The schema (draft 2020-12) of [`Spec`].
pub fn json_schema() -> serde_json::Value {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Spec>().to_value()
}
