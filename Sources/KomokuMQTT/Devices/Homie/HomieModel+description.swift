internal import Komoku

/// `$description` of version 5.
extension HomieModel {
    struct Invalid: Error, CustomStringConvertible {
        let description: String
    }

    /// The longest `$description`, in bytes.
    static let maximumDocument = 256 * 1024

    /// - Throws: `Invalid` where the text is no description. Parts that are not usable are left out, with a sentence each in
    ///   `complaints`.
    init(document bytes: UnsafeBufferPointer<UInt8>, complaints: inout [String]) throws(Invalid) {
        guard bytes.count <= Self.maximumDocument else {
            throw Invalid(description: "the description is longer than \(Self.maximumDocument / 1024) KiB")
        }
        let json: JSON
        do throws(JSON.Invalid) {
            json = try JSON(parsing: bytes)
        } catch {
            throw Invalid(description: "the description is \(error)")
        }
        guard json.object != nil else { throw Invalid(description: "the description is no object") }
        name = HomieName.label(json["name"]?.string)
        root = json["root"]?.string.flatMap { HomieName.isID($0) ? $0 : nil }
        parent = json["parent"]?.string.flatMap { HomieName.isID($0) ? $0 : nil }
        read(json["nodes"]?.object ?? [], &complaints)
    }

    private mutating func read(_ members: [JSON.Member], _ complaints: inout [String]) {
        var room = Self.maximumProperties
        for member in members.unique {
            guard HomieName.isID(member.name) else {
                complaints.append("the node '\(member.name.prefix(40))' has no valid id")
                continue
            }
            var node = HomieNode(id: member.name, name: HomieName.label(member.value["name"]?.string))
            for property in (member.value["properties"]?.object ?? []).unique {
                guard room > 0 else {
                    complaints.append("it has more than \(Self.maximumProperties) properties")
                    nodes.append(node)
                    return
                }
                guard let property = HomieProperty(property) else {
                    complaints.append(
                        "the property '\(property.name.prefix(40))' of '\(node.id)' has no valid description")
                    continue
                }
                node.properties.append(property)
                room -= 1
            }
            nodes.append(node)
            if nodes.count >= Self.maximumProperties { return }
        }
    }
}

extension HomieProperty {
    fileprivate init?(_ member: JSON.Member) {
        guard HomieName.isID(member.name), member.value.object != nil else { return nil }
        self.init(id: member.name)
        name = HomieName.label(member.value["name"]?.string)
        if let word = member.value["datatype"]?.string { datatype = String(word.prefix(32)) }
        unit = HomieName.label(member.value["unit"]?.string)
        format = member.value["format"]?.string
        isSettable = member.value["settable"]?.bool ?? false
        isRetained = member.value["retained"]?.bool ?? true
    }
}

extension [JSON.Member] {
    /// Of members with one name the last, where the first was.
    fileprivate var unique: [JSON.Member] {
        var indices: [[UInt8]: Int] = [:]
        var result: [JSON.Member] = []
        for member in self {
            let name = Array<UInt8>(member.name.utf8)
            if let index = indices[name] {
                result[index] = member
            } else {
                indices[name] = result.count
                result.append(member)
            }
        }
        return result
    }
}
