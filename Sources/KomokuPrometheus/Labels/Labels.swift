/// The labels of a series: each name once, ascending, none of them with an empty value. Values are compared byte by byte.
package struct Labels: Sendable {
    package struct Label: Sendable {
        /// ASCII letters, digits and `_`.
        package var name: String
        package var value: String
    }

    package private(set) var list: [Label]

    package static let metricName = "__name__"

    /// - Parameter labels: those with empty values are left out.
    package init(_ labels: [(String, String)] = []) {
        list = labels.filter { !$0.1.isEmpty }.map { Label(name: $0.0, value: $0.1) }.sorted { $0.name < $1.name }
    }

    private init(list: [Label]) { self.list = list }

    /// The empty text where there is none of that name.
    package subscript(name: String) -> String { list.first { $0.name == name }?.value ?? "" }

    package var isEmpty: Bool { list.isEmpty }

    func keeping(_ names: Set<String>) -> Labels { Labels(list: list.filter { names.contains($0.name) }) }
    func removing(_ names: Set<String>) -> Labels { Labels(list: list.filter { !names.contains($0.name) }) }
    var withoutName: Labels { Labels(list: list.filter { $0.name != Self.metricName }) }

    /// Equal for equal labels only.
    var signature: [UInt8] {
        var bytes: [UInt8] = []
        for label in list {
            bytes += label.name.utf8
            bytes.append(0xFF)
            bytes += label.value.utf8
            bytes.append(0xFE)
        }
        return bytes
    }
}

extension Labels: Comparable, Hashable {
    package static func == (left: Labels, right: Labels) -> Bool { left.signature == right.signature }
    package func hash(into hasher: inout Hasher) { hasher.combine(signature) }

    package static func < (left: Labels, right: Labels) -> Bool {
        for (a, b) in zip(left.list, right.list) {
            if a.name != b.name { return a.name < b.name }
            if !a.value.utf8.elementsEqual(b.value.utf8) { return a.value.utf8.lexicographicallyPrecedes(b.value.utf8) }
        }
        return left.list.count < right.list.count
    }
}

extension Labels: CustomStringConvertible {
    /// As a selector writes them: `{key="hall.lux", unit="lx"}`.
    package var description: String {
        let name = self[Self.metricName]
        let labels = withoutName.list.map { "\($0.name)=\"\($0.value)\"" }
        return labels.isEmpty && !name.isEmpty ? name : "\(name){\(labels.joined(separator: ", "))}"
    }
}
