// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {FeedWord} from "../../../contracts/src/libraries/FeedWord.sol";
import {TestCommittee} from "../../../contracts/src/testing/TestCommittee.sol";

/// @title What the testing kit signs is what the network would sign
contract KitTest {
    using FeedWord for uint256;

    function test_spreadCode_isTheSpreadRoundedUpTo18Bits(uint64 spread) public pure {
        uint24 code = TestCommittee.spreadCode(spread);
        uint256 read = uint256(bytes32(TestCommittee.word(1, code, 4, 1))).spread();
        require(read >= spread && read - spread <= spread >> 17, "rounded up, to 18 bits");
        // The smallest exponent is the only one that the network signs.
        require(code >> 18 == 0 || code & 0x3ffff > 0x1ffff, "canonical");
    }

    function test_spreadCode_givenWhatFits_isExact(uint24 spread) public pure {
        uint256 small = spread & 0x3ffff;
        require(TestCommittee.spreadCode(small) == small, "no exponent");
    }
}
