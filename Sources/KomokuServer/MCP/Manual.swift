/// Pages of the documentation that are in the program.
enum Manual {
    static let rules = text(PackageResources.rules_md)
    static let expressions = text(PackageResources.expressions_md)
    static let testing = text(PackageResources.testing_md)

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
