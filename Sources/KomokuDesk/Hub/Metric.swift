/// A figure of the hub's own, for whoever watches over it.
package struct Metric: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable {
        case counter, gauge, histogram
    }

    package struct Label: Hashable, Sendable {
        package let name: String
        package let value: String
    }

    package struct Sample: Hashable, Sendable {
        /// Behind the name of the metric: `_bucket`, `_sum`, `_count`.
        package var suffix = ""
        package var labels: [Label] = []
        package var value: Double
    }

    package let name: String
    package let kind: Kind
    /// A sentence without an end.
    package let help: String
    package var samples: [Sample]

    init(_ name: String, _ kind: Kind, _ help: String, _ samples: [Sample]) {
        (self.name, self.kind, self.help, self.samples) = ("komoku_" + name, kind, help, samples)
    }

    init(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
        self.init(name, kind, help, [Sample(value: value)])
    }

    init(_ name: String, _ kind: Kind, _ help: String, _ value: Int) { self.init(name, kind, help, Double(value)) }
}

extension [Metric] {
    /// Appends the text that Prometheus reads (version 0.0.4).
    package func write(into bytes: inout [UInt8]) {
        for metric in self {
            let type = "# TYPE \(metric.name) \(metric.kind.rawValue)\n"
            bytes += Array<UInt8>("# HELP \(metric.name) \(metric.help)\n\(type)".utf8)
            for sample in metric.samples { sample.write(metric.name, into: &bytes) }
        }
    }
}

extension Metric.Sample {
    fileprivate func write(_ name: String, into bytes: inout [UInt8]) {
        bytes += Array((name + suffix).utf8)
        if !labels.isEmpty {
            bytes.append(UInt8(ascii: "{"))
            for (index, label) in labels.enumerated() {
                bytes += Array((index > 0 ? "," : "").utf8) + Array("\(label.name)=\"".utf8)
                for byte in label.value.utf8 {
                    switch byte {
                    case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
                    case 0x0A: bytes += Array("\\n".utf8)
                    default: bytes.append(byte)
                    }
                }
                bytes.append(UInt8(ascii: "\""))
            }
            bytes.append(UInt8(ascii: "}"))
        }
        let number = value.isInfinite ? (value > 0 ? "+Inf" : "-Inf") : value.isNaN ? "NaN" : "\(value)"
        bytes += Array(" \(number.hasSuffix(".0") ? String(number.dropLast(2)) : number)\n".utf8)
    }
}
