/// The dotted paths of the wanted fields as a trie of bytes, so that `ENERGY.Power` is found as a member `Power` of
/// `ENERGY` and as a member whose name has the dot itself.
struct FieldPaths: Sendable {
    /// A node of the trie; `nowhere` once no wanted path can follow.
    typealias Node = Int32
    static let root: Node = 0
    static let nowhere: Node = -1

    private struct Edges: Sendable {
        var start: Int32 = 0
        var count: Int32 = 0
    }

    private var edges: [Edges] = []
    private var bytes: [UInt8] = []
    private var targets: [Node] = []
    private var fields: [Int32] = []

    /// - Parameter paths: the index of a path is its field. Of equal paths the first counts.
    init(_ paths: [[UInt8]]) {
        var children: [[(byte: UInt8, node: Node)]] = [[]]
        fields = [-1]
        for (field, path) in paths.enumerated() {
            var node = 0
            for byte in path {
                if let next = children[node].first(where: { $0.byte == byte }) {
                    node = Int(next.node)
                } else {
                    children[node].append((byte, Node(children.count)))
                    node = children.count
                    children.append([])
                    fields.append(-1)
                }
            }
            if fields[node] < 0 { fields[node] = Int32(field) }
        }
        for list in children {
            edges.append(Edges(start: Int32(bytes.count), count: Int32(list.count)))
            bytes += list.map(\.byte)
            targets += list.map(\.node)
        }
    }

    func advance(_ node: Node, _ byte: UInt8) -> Node {
        guard node >= 0 else { return Self.nowhere }
        let range = edges[Int(node)]
        for index in Int(range.start)..<Int(range.start + range.count) where bytes[index] == byte {
            return targets[index]
        }
        return Self.nowhere
    }

    func advance(_ node: Node, _ bytes: some Sequence<UInt8>) -> Node {
        var node = node
        for byte in bytes where node >= 0 { node = advance(node, byte) }
        return node
    }

    /// The field whose path ends here, or a negative number.
    func field(_ node: Node) -> Int { node < 0 ? -1 : Int(fields[Int(node)]) }
}
