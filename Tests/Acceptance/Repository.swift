/// The sources that the tests were built from.
enum Repository {
    static func path(_ relative: String, file: String = #filePath) -> String {
        let root = file.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
        return root.joined(separator: "/") + "/" + relative
    }
}
