internal import NIOHTTP1

extension Route {
    static let prometheus: [Route] =
        asked("query", .query, "Evaluates a query at one time", [demanded("query"), time("time"), timeout, limit])
        + asked(
            "query_range", .queryRange, "Evaluates a query at each step of a range",
            [demanded("query"), demanded("start"), demanded("end"), demanded("step"), timeout, limit])
        + asked("query_exemplars", .exemplars, "Lists exemplars: there are none", [demanded("query")])
        + asked("series", .series, "Lists the series that selectors match", [match, time("start"), time("end"), limit])
        + asked("labels", .labels, "Lists the names of labels", [match, time("start"), time("end"), limit])
        + [
            Route(
                method: .GET, path: PathTemplate("/api/v1/label/{label}/values"), group: .prometheus,
                title: "Lists the values of a label",
                parameters: [.path("label", .text, "the label's name"), match, time("start"), time("end"), limit],
                work: .custom { exchange in
                    let label = exchange.request.captures["label"] ?? ""
                    exchange.context.prometheus.answer(.values(label), exchange)
                }),
            fixed(
                "metadata", .metadata, "Describes the metrics", [.query("metric", .text, "only this one"), limit]),
            fixed("rules", .rules, "Lists Prometheus's rules: there are none"),
            fixed("alerts", .alerts, "Lists Prometheus's alerts: there are none"),
            fixed("status/buildinfo", .buildInfo, "Tells which Prometheus this is like"),
        ]

    private static let match = Parameter.query(
        "match[]", .text, "a selector such as komoku_value{room=\"hall\"}; may be repeated")
    private static let timeout = Parameter.query("timeout", .text, "how long it may take: seconds, or 10s")
    private static let limit = Parameter.query("limit", .text, "the most series or names that are told")

    private static func demanded(_ name: String) -> Parameter {
        .query(name, .text, texts[name] ?? "", isRequired: true)
    }

    private static func time(_ name: String) -> Parameter {
        .query(name, .text, "seconds since 1970, or 2026-01-31T08:30:00Z")
    }

    private static let texts = [
        "query": "in Prometheus's language, such as avg_over_time(komoku_value[1h])",
        "start": "the first time: seconds since 1970, or 2026-01-31T08:30:00Z",
        "end": "the last time: seconds since 1970, or 2026-01-31T08:30:00Z",
        "step": "from one time to the next: seconds, or 1m",
    ]

    private static func fixed(
        _ path: String, _ question: PrometheusQuestion, _ title: String, _ parameters: [Parameter] = [],
        _ method: HTTPMethod = .GET
    ) -> Route {
        Route(
            method: method, path: PathTemplate("/api/v1/\(path)"), group: .prometheus, title: title,
            parameters: parameters, work: .custom { $0.context.prometheus.answer(question, $0) }, most: 64 << 10)
    }

    /// By `GET`, and by a form, whose fields are those of the query.
    private static func asked(
        _ path: String, _ question: PrometheusQuestion, _ title: String, _ parameters: [Parameter]
    ) -> [Route] {
        [HTTPMethod.GET, .POST].map { fixed(path, question, title, parameters, $0) }
    }
}
