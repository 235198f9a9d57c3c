internal import Komoku

/// What is asked for by a path.
enum PrometheusQuestion: Hashable, Sendable {
    case query, queryRange, exemplars, series, labels
    case values(String)
    case metadata, rules, alerts, buildInfo

    /// What does not depend on keys.
    func fixedAnswer(_ fields: FormFields) -> HTTPAnswer? {
        switch self {
        case .rules: .prometheus(["groups": []])
        case .alerts: .prometheus(["alerts": []])
        case .metadata: .prometheus(Self.metadata(fields))
        case .buildInfo:
            // Grafana decides by the version what it may ask; this is the one that answers are compared with.
            .prometheus([
                "version": "2.42.0", "revision": .string("komoku \(Release.version)"), "branch": "", "buildUser": "",
                "buildDate": "", "goVersion": "",
            ])
        default: nil
        }
    }

    private static func metadata(_ fields: FormFields) -> JSON {
        let help = [
            (SeriesCatalogue.stateMetric, "1 while a key has the text in the label 'state', else 0"),
            (SeriesCatalogue.valueMetric, "the value of a key: a number, or 1 and 0 for true and false"),
        ]
        let limit = fields.given("limit").flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil } ?? .max
        let wanted = help.filter { fields.given("metric") ?? $0.0 == $0.0 }.prefix(limit)
        return .object(
            wanted.map { name, help in
                JSON.Member(name, [["type": "gauge", "help": .string(help), "unit": ""]])
            })
    }
}
