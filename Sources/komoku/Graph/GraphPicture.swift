internal import Komoku

/// Graphs below each other as an SVG 1.1 picture.
struct GraphPicture {
    private static let (width, height, left, top) = (800.0, 200.0, 80.0, 30.0)
    /// What is seen well on white, and told apart by who sees few colours.
    private static let colours = ["#0b6e99", "#b5541c", "#3f7d20", "#7a4fa3"]

    let series: [GraphSeries]

    var text: String {
        let whole = Self.height * Double(max(1, series.count)) + Self.top
        var text = """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(Self.text(Self.width))" height="\(Self.text(whole))" \
            viewBox="0 0 \(Self.text(Self.width)) \(Self.text(whole))" font-family="sans-serif" font-size="12">
            <rect width="100%" height="100%" fill="white"/>

            """
        for (index, each) in series.enumerated() {
            text += "<g transform=\"translate(0 \(Self.text(Double(index) * Self.height)))\">\n"
            text += picture(of: each, Self.colours[index % Self.colours.count])
            text += "</g>\n"
        }
        return text + "</svg>\n"
    }

    private func picture(of series: GraphSeries, _ colour: String) -> String {
        let (right, bottom) = (Self.width - 20, Self.height - 20)
        var text =
            "<text x=\"\(Self.text(Self.left))\" y=\"20\" font-weight=\"bold\">\(Self.escaped(series.title))</text>\n"
        text += """
            <path d="M\(Self.text(Self.left)) \(Self.text(Self.top))V\(Self.text(bottom))H\(Self.text(right))" \
            fill="none" stroke="#888"/>
            <text x="\(Self.text(Self.left))" y="\(Self.text(bottom + 16))">\(LocalTime.text(series.since))</text>
            <text x="\(Self.text(right))" y="\(Self.text(bottom + 16))" text-anchor="end">\(LocalTime.text(series.until))</text>

            """
        guard let (low, high) = series.bounds else { return text }
        for (value, y) in [(high, Self.top + 10), (low, bottom)] {
            let label = series.isBoolean ? "\(Self.text(value * 100)) %" : Numbers.computed(value)
            text +=
                "<text x=\"\(Self.text(Self.left - 6))\" y=\"\(Self.text(y))\" text-anchor=\"end\">\(label)</text>\n"
        }
        let length = max(1, (series.until - series.since).seconds)
        func point(_ part: GraphSeries.Part, _ value: Double) -> String {
            let x = Self.left + (part.start - series.since.seconds) / length * (right - Self.left)
            let y = bottom - (value - low) / (high - low) * (bottom - Self.top - 10)
            return "\(Self.text(x)) \(Self.text(y))"
        }
        for run in series.parts.split(whereSeparator: { $0.value == nil }) {
            let band =
                run.compactMap { part in part.high.map { point(part, $0) } }
                + run.reversed().compactMap { part in part.low.map { point(part, $0) } }
            if band.count > 2 {
                text += "<path d=\"M\(band.joined(separator: "L"))Z\" fill=\"\(colour)\" opacity=\"0.2\"/>\n"
            }
            let line = run.compactMap { part in part.value.map { point(part, $0) } }
            text +=
                "<path d=\"M\(line.joined(separator: "L"))\" fill=\"none\" stroke=\"\(colour)\" stroke-width=\"1.5\"/>\n"
        }
        return text
    }

    /// One decimal is a tenth of a pixel.
    private static func text(_ number: Double) -> String {
        guard number.isFinite else { return "0" }
        return DecimalNumber.text((number * 10).rounded() / 10)
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
