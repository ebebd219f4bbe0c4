// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {FeedWord} from "contracts/src/libraries/FeedWord.sol";

/// @title Fields of any word that is stored stay within their ranges
contract StatusProof {
    function check(uint256 word) external pure {
        assert(FeedWord.status(word) <= 3);
    }
}

contract ObserversProof {
    function check(uint256 word) external pure {
        assert(FeedWord.observers(word) <= 31);
    }
}

contract RoundProof {
    function check(uint256 word) external pure {
        assert(FeedWord.round(word) < 2 ** 30);
    }
}

contract EpochProof {
    function check(uint256 word) external pure {
        assert(FeedWord.epochParity(word) <= 1);
    }
}
