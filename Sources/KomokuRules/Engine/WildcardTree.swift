/// Finds what is filed under the patterns that a name may match, by one walk along its segments.
///
/// A pattern stands at the end of its segments before the first `rest`; one that begins with it and ends with a literal,
/// such as `**.online`, stands under that. So what is found may match and has to be asked; all that matches is found.
struct WildcardTree<Element: Sendable>: Sendable {
    enum Segment: Hashable, Sendable {
        case literal([UInt8])
        /// Any one.
        case one
        /// Any number.
        case rest
    }

    private struct Node: Sendable {
        var children: [[UInt8]: Int] = [:]
        var one: Int?
        /// Patterns that end here.
        var ended: [Element] = []
        /// Patterns that go on with any number of segments.
        var open: [Element] = []
    }

    private var nodes = [Node()]
    /// By last segment.
    private var endings: [[UInt8]: [Element]] = [:]
    private(set) var isEmpty = true

    mutating func insert(_ element: Element, under pattern: [Segment]) {
        isEmpty = false
        if pattern.first == .rest, case .literal(let last)? = pattern.last {
            endings[last, default: []].append(element)
            return
        }
        var node = 0
        for segment in pattern {
            switch segment {
            case .rest:
                nodes[node].open.append(element)
                return
            case .one: node = child(of: node, nodes[node].one) { $0.one = $1 }
            case .literal(let bytes):
                node = child(of: node, nodes[node].children[bytes]) { $0.children[bytes] = $1 }
            }
        }
        nodes[node].ended.append(element)
    }

    private mutating func child(of node: Int, _ known: Int?, _ link: (inout Node, Int) -> Void) -> Int {
        if let known { return known }
        nodes.append(Node())
        link(&nodes[node], nodes.count - 1)
        return nodes.count - 1
    }

    /// Tells each element whose pattern may match, in no order; `*.x` and `a.x` branch, so a name of n segments visits the
    /// nodes that patterns of as many segments made.
    func find(_ text: some StringProtocol, separator: UInt8, _ found: (Element) -> Void) {
        if isEmpty { return }
        let segments = text.utf8.split(separator: separator, omittingEmptySubsequences: false).map { Array($0) }
        if let last = segments.last { endings[last]?.forEach(found) }
        walk(0, segments[...], found)
    }

    private func walk(_ node: Int, _ rest: ArraySlice<[UInt8]>, _ found: (Element) -> Void) {
        nodes[node].open.forEach(found)
        guard let first = rest.first else {
            nodes[node].ended.forEach(found)
            return
        }
        if let next = nodes[node].children[first] { walk(next, rest.dropFirst(), found) }
        if let next = nodes[node].one { walk(next, rest.dropFirst(), found) }
    }
}
