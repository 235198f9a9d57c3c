/// The attributes of a device that speaks version 3 or 4: they come one by one, in any order.
struct HomieAttributes {
    /// By the topic behind the device's: `$nodes`, `outdoor/temperature/$unit`.
    private(set) var texts: [String: String] = [:]
    private(set) var bytes = 0

    /// The most attributes of one device, and the longest.
    static let maximumCount = 4096
    static let maximumLength = 16 * 1024

    /// - Returns: whether it differs from before; nil where there are too many or it is too long.
    mutating func set(_ path: String, _ text: String?) -> Bool? {
        let old = texts[path]
        if let old, let text, old.utf8.elementsEqual(text.utf8) { return false }
        guard let text, !text.isEmpty else {
            texts[path] = nil
            bytes -= old?.utf8.count ?? 0
            return old != nil
        }
        guard text.utf8.count <= Self.maximumLength, old != nil || texts.count < Self.maximumCount else { return nil }
        texts[path] = text
        bytes += text.utf8.count - (old?.utf8.count ?? 0)
        return true
    }

    /// It says that it has nodes, or of some what they have.
    var hasNodes: Bool { texts["$nodes"] != nil || !described.isEmpty }

    /// The nodes of which something is known, though nobody lists them.
    private var described: [Substring] {
        texts.keys.filter { $0.hasSuffix("/$properties") }.sorted().compactMap { $0.split(separator: "/").first }
    }

    private func list(_ path: String) -> [Substring] {
        (texts[path] ?? "").split(separator: ",").map { $0.trimmed }.filter { !$0.isEmpty }
    }

    /// The device as far as it has spoken.
    ///
    /// - Parameter isComplete: false where something is announced of which nothing is known yet.
    func model(isComplete: inout Bool) -> HomieModel {
        var model = HomieModel()
        model.name = HomieName.label(texts["$name"])
        isComplete = texts["$homie"] != nil && texts["$nodes"] != nil && texts["$name"] != nil
        var room = HomieModel.maximumProperties
        let nodes = texts["$nodes"] == nil ? described : list("$nodes")
        for item in nodes.prefix(HomieModel.maximumProperties) {
            // Version 3 announces several of a kind as `lights[]`.
            let isArray = item.hasSuffix("[]")
            let id = String(isArray ? item.dropLast(2) : item)
            guard HomieName.isID(id) else { continue }
            let properties = properties(of: id, isComplete: &isComplete)
            for instance in instances(of: id, isArray: isArray, isComplete: &isComplete) {
                guard room > 0 else { return model }
                let name = HomieName.label(texts["\(instance)/$name"] ?? texts["\(id)/$name"])
                model.nodes.append(HomieNode(id: instance, name: name, properties: Array(properties.prefix(room))))
                room -= max(properties.count, 1)
            }
        }
        return model
    }

    /// `lights_0` to `lights_3` for the range `0-3`.
    private func instances(of id: String, isArray: Bool, isComplete: inout Bool) -> [String] {
        guard isArray else { return [id] }
        let bounds = (texts["\(id)/$array"] ?? "").split(separator: "-").compactMap { Int($0.trimmed) }
        guard bounds.count == 2, bounds[0] >= 0, bounds[0] <= bounds[1] else {
            isComplete = false
            return []
        }
        let last = min(bounds[1], bounds[0].addingReportingOverflow(HomieModel.maximumProperties).partialValue)
        guard last >= bounds[0] else { return [] }
        return (bounds[0]...last).prefix(HomieModel.maximumProperties).map { "\(id)_\($0)" }
    }

    private func properties(of node: String, isComplete: inout Bool) -> [HomieProperty] {
        if texts["\(node)/$properties"] == nil { isComplete = false }
        var known: Set<String> = []
        var result: [HomieProperty] = []
        for item in list("\(node)/$properties").prefix(HomieModel.maximumProperties) {
            // Version 2 wrote `power:settable`.
            let id = String(item.split(separator: ":").first ?? item)
            guard HomieName.isID(id), known.insert(id).inserted else { continue }
            if texts["\(node)/\(id)/$datatype"] == nil { isComplete = false }
            result.append(property(id, at: "\(node)/\(id)"))
        }
        return result
    }

    private func property(_ id: String, at path: String) -> HomieProperty {
        var property = HomieProperty(id: id)
        property.name = HomieName.label(texts["\(path)/$name"])
        if let word = texts["\(path)/$datatype"] { property.datatype = String(word.prefix(32)) }
        property.unit = HomieName.label(texts["\(path)/$unit"])
        property.format = texts["\(path)/$format"]
        property.isSettable = texts["\(path)/$settable"] == "true"
        property.isRetained = texts["\(path)/$retained"] != "false"
        return property
    }
}

extension Substring {
    /// Without blanks at its ends.
    var trimmed: Substring {
        var text = self.drop { $0 == " " }
        while text.last == " " { text.removeLast() }
        return text
    }
}
