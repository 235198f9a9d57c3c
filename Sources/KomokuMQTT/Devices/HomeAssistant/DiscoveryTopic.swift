/// A topic of a configuration, taken apart: `<prefix>/<component>/[<node>/]<object>/config`.
struct DiscoveryTopic: Hashable {
    let component: String
    let node: String?
    let object: String

    /// Nil where it is no such topic.
    init?(_ topic: String, below prefix: [Substring]) {
        let levels = topic.split(separator: "/", omittingEmptySubsequences: false)
        guard levels.count - prefix.count == 3 || levels.count - prefix.count == 4, levels.last == "config",
            zip(levels, prefix).allSatisfy({ $0.utf8.elementsEqual($1.utf8) })
        else { return nil }
        let inner = levels[prefix.count..<(levels.count - 1)].map(String.init)
        guard let component = inner.first, let object = inner.last, inner.dropFirst().allSatisfy(Self.isID),
            component == "device" || EntityReader.components.contains(component)
        else { return nil }
        self.component = component
        self.object = object
        node = inner.count == 3 ? inner[1] : nil
    }

    private static func isID(_ text: String) -> Bool {
        1...200 ~= text.utf8.count
            && text.utf8.allSatisfy { byte in
                byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || 0x30...0x39 ~= byte
                    || 0x61...0x7A ~= byte | 0x20
            }
    }
}
