import KomokuSQLite

extension Store {
    /// What clients keep. Waits for the disk.
    package func documents() throws(Error) -> DocumentRows {
        do { return try database.read { try DocumentTable.fetch($0) } } catch {
            throw Error(reading: "the table documents", error)
        }
    }

    /// The texts that a file of rules had, newest first. Waits for the disk.
    package func ruleVersions(of file: String? = nil) throws(Error) -> [RuleVersionRow] {
        do { return try database.read { try RuleVersionTable.fetch(of: file, $0) } } catch {
            throw Error(reading: "the table rule_versions", error)
        }
    }
}
