package import Komoku

/// `document`: one of those that the caller keeps at the hub, or of the house.
package struct DocumentRequest: Shape, Hashable {
    package var name = ""
    /// It is one for the whole house.
    package var isShared = false

    package init() {}
    package init(_ name: String, shared: Bool = false) { (self.name, isShared) = (name, shared) }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("name", &name)
        try visit.unless(false, "shared", &isShared)
        try visit.checkDocumentName(name)
    }
}

/// `put_document`: writes one, or deletes it.
package struct PutDocumentRequest: Shape, Hashable {
    package var name = ""
    package var isShared = false
    /// Null deletes it.
    package var content = JSON.null
    /// The one that it was made of: where there is another by now, nothing is written. 0 is that there is none yet.
    package var revision: Int?

    package init() {}

    package init(_ name: String, shared: Bool = false, _ content: JSON, revision: Int? = nil) {
        (self.name, isShared, self.content, self.revision) = (name, shared, content, revision)
    }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("name", &name)
        try visit.unless(false, "shared", &isShared)
        try visit.given("content", &content)
        try visit.count("revision", &revision, in: 0...(1 << 53))
        try visit.checkDocumentName(name)
    }
}

extension MemberVisitor {
    fileprivate func checkDocumentName(_ name: String) throws(Fault) {
        guard isReading, !DocumentName.isOne(name) else { return }
        try refuse(
            .invalidQuery("'\(name.prefix(100))' is no name of a document: 1 to 64 of the characters a-z, 0-9, _ and -")
        )
    }
}

/// What a document may be called: part of an address, and no surprise in any file system.
package enum DocumentName {
    package static let mostBytes = 64

    package static func isOne(_ name: String) -> Bool {
        (1...mostBytes).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"),
                    UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
